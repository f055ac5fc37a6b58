package change

import (
	"math"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func now() Now {
	return Now{
		Service: &types.Service{
			ServiceName: aws.String("web"), TaskDefinition: aws.String("web:7"), LaunchType: types.LaunchTypeFargate, DesiredCount: 2,
			SchedulingStrategy: types.SchedulingStrategyReplica,
			RoleArn:            aws.String("arn:aws:iam::1:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"),
			Tags:               []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}, {Key: aws.String("old"), Value: aws.String("1")}},
			DeploymentConfiguration: &types.DeploymentConfiguration{
				Strategy: types.DeploymentStrategyCanary, BakeTimeInMinutes: aws.Int32(3), MaximumPercent: aws.Int32(200),
				CanaryConfiguration: &types.CanaryConfiguration{CanaryPercent: aws.Float64(20), CanaryBakeTimeInMinutes: aws.Int32(4)},
			},
		},
		Definition: &types.TaskDefinition{
			Family: aws.String("web"), Cpu: aws.String("256"),
			ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("app"), Image: aws.String("app:v1")}},
		},
		Tags: []types.Tag{{Key: aws.String("of"), Value: aws.String("the definition")}},
	}
}

func wish(change func(*Wish)) *Wish {
	w := &Wish{Cluster: "prod", Service: "web"}
	change(w)
	return w
}

func images(t *testing.T, args ...string) []Image {
	t.Helper()
	list, err := ParseImages(args)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestPlanOfAnImage(t *testing.T) {
	p, err := wish(func(w *Wish) { w.Images = images(t, "app:v2"); w.Desired = aws.Int32(5) }).Make(now())
	if err != nil {
		t.Fatal(err)
	}
	r := p.Register
	if r == nil || aws.ToString(r.ContainerDefinitions[0].Image) != "app:v2" || aws.ToString(r.Cpu) != "256" || len(r.Tags) != 1 {
		t.Errorf("registers %+v", r)
	}
	u := p.Update
	if aws.ToString(u.Service) != "web" || aws.ToString(u.Cluster) != "prod" || aws.ToInt32(u.DesiredCount) != 5 || u.TaskDefinition != nil || u.ForceNewDeployment {
		t.Errorf("updates %+v", u)
	}
	if p.Nothing() {
		t.Error("something is nothing")
	}
	p, err = wish(func(w *Wish) { w.Images = images(t, "app:v1") }).Make(now())
	if err != nil || !p.Nothing() || p.Register != nil {
		t.Errorf("the same image: %v %+v", err, p)
	}
	p, err = wish(func(w *Wish) { w.Force = true }).Make(now())
	if err != nil || p.Nothing() || !p.Update.ForceNewDeployment {
		t.Errorf("forced: %v %+v", err, p)
	}
}

func TestPlanOfAStrategy(t *testing.T) {
	five := aws.Float64(5)
	for _, c := range []struct {
		name    string
		s       Strategy
		want    func(c *types.DeploymentConfiguration) bool
		refused string
	}{
		{name: "percent of the service's own", s: Strategy{Percent: five}, want: func(c *types.DeploymentConfiguration) bool {
			return *c.CanaryConfiguration.CanaryPercent == 5 && *c.CanaryConfiguration.CanaryBakeTimeInMinutes == 4 && *c.BakeTimeInMinutes == 3 && *c.MaximumPercent == 200
		}},
		{name: "linear", s: Strategy{Name: "LINEAR", StepBake: aws.Int32(1)}, want: func(c *types.DeploymentConfiguration) bool {
			return c.CanaryConfiguration == nil && *c.LinearConfiguration.StepPercent == 10 && *c.LinearConfiguration.StepBakeTimeInMinutes == 1
		}},
		{name: "rolling", s: Strategy{Name: "ROLLING"}, want: func(c *types.DeploymentConfiguration) bool {
			return c.Strategy == "ROLLING" && c.CanaryConfiguration == nil && c.LinearConfiguration == nil
		}},
		{name: "bake", s: Strategy{Bake: aws.Int32(9)}, want: func(c *types.DeploymentConfiguration) bool {
			return *c.BakeTimeInMinutes == 9 && *c.CanaryConfiguration.CanaryPercent == 20
		}},
		{name: "percent of rolling", s: Strategy{Name: "ROLLING", Percent: five}, refused: "add --strategy canary or --strategy linear"},
		{name: "percent too small", s: Strategy{Name: "LINEAR", Percent: aws.Float64(2.9)}, refused: "--percent must be 3 to 100"},
		{name: "percent too large", s: Strategy{Name: "CANARY", Percent: aws.Float64(100.1)}, refused: "--percent must be 0.1 to 100"},
		{name: "percent of nothing", s: Strategy{Name: "CANARY", Percent: aws.Float64(math.NaN())}, refused: "--percent must be 0.1 to 100"},
		{name: "bake too long", s: Strategy{Bake: aws.Int32(1441)}, refused: "--bake must be 0 to 1440"},
		{name: "step bake too long", s: Strategy{Name: "LINEAR", StepBake: aws.Int32(1441)}, refused: "--step-bake must be 0 to 1440"},
	} {
		before := now()
		p, err := wish(func(w *Wish) { w.Strategy = c.s }).Make(before)
		if c.refused != "" {
			if err == nil || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err != nil || !c.want(p.Update.DeploymentConfiguration) {
			t.Errorf("%s: %v %+v", c.name, err, p)
		}
		if *before.Service.DeploymentConfiguration.CanaryConfiguration.CanaryPercent != 20 {
			t.Errorf("%s: the service itself was changed", c.name)
		}
	}
}

func TestPlanOfFiles(t *testing.T) {
	files := func(texts ...string) Files {
		f, err := read(t, texts...)
		if err != nil {
			t.Fatal(err)
		}
		return *f
	}
	const definition = `{"family":"web","containerDefinitions":[{"name":"app","image":"app:v5"}]}`
	none, there := Now{}, now()
	fromFile := Now{Definition: there.Definition}
	for _, c := range []struct {
		name    string
		now     Now
		wish    func(*Wish)
		want    func(*Plan) bool
		refused string
	}{
		{name: "absent, no file", now: none, wish: func(w *Wish) {}, refused: "create it with -f service.json"},
		{name: "absent, no definition", now: none, wish: func(w *Wish) { w.Files = files(`{"desiredCount":1}`) }, refused: "-f taskdef.json"},
		{name: "absent, no count", now: fromFile, wish: func(w *Wish) { w.Files = files(`{"taskDefinition":"web"}`) }, refused: "--desired N"},
		{name: "of another name", now: there, wish: func(w *Wish) { w.Files = files(`{"serviceName":"api"}`) }, refused: "of the service api, not of web"},
		{name: "another launch type", now: there, wish: func(w *Wish) { w.Files = files(`{"launchType":"EC2"}`) }, refused: "keeps the launchType that it was created with, here FARGATE"},
		{name: "image without a definition", now: none, wish: func(w *Wish) { w.Files = files(`{"desiredCount":1}`); w.Images = images(t, "a:b") }, refused: "--image needs a task definition"},
		{
			name: "created", now: none, wish: func(w *Wish) { w.Files = files(ecspressoService, definition); w.Images = images(t, "app:v6") },
			want: func(p *Plan) bool {
				return p.Create != nil && p.Update == nil && *p.Create.ServiceName == "web" && *p.Create.Cluster == "prod" && *p.Register.ContainerDefinitions[0].Image == "app:v6"
			},
		},
		{
			name: "changed", now: there, wish: func(w *Wish) { w.Files = files(ecspressoService) },
			want: func(p *Plan) bool {
				return p.Create == nil && p.Register == nil && *p.Update.DesiredCount == 2 && p.Update.DeploymentController == nil && len(p.Tag) == 0 &&
					strings.Contains(strings.Join(p.Notes, "\n"), "tags that it does not name stay: old")
			},
		},
		{
			name: "the role by its name, a new tag", now: there,
			wish: func(w *Wish) {
				w.Files = files(`{"service":"arn:aws:ecs:us-east-1:1:service/prod/web","role":"AWSServiceRoleForECS","tags":[{"key":"team","value":"b"}]}`)
			},
			want: func(p *Plan) bool { return len(p.Tag) == 1 && *p.Tag[0].Value == "b" },
		},
	} {
		p, err := wish(c.wish).Make(c.now)
		if c.refused != "" {
			if err == nil || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err != nil || !c.want(p) {
			t.Errorf("%s: %v %+v", c.name, err, p)
		}
	}
}
