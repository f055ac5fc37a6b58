package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/charmbracelet/x/ansi"

	"github.com/grue-ecs/grue/internal/client"
	"github.com/grue-ecs/grue/internal/client/change"
	"github.com/grue-ecs/grue/internal/revision"
)

// diffCmd is `grue diff`.
type diffCmd struct {
	Service string `arg:"" help:"Service, by name or ARN."`
	wishFlags
	From     string `help:"Compare from this revision: its number, or its task definition as family:revision." placeholder:"REVISION"`
	To       string `help:"Compare to this revision. Default: the present one." placeholder:"REVISION"`
	ExitCode bool   `help:"End with exit code 7 when there is a difference."`
	JSON     bool   `help:"Print JSON."`
	client.Flags
}

// Help is the long help.
func (diffCmd) Help() string {
	return `Tells what a deploy with the same flags would change, or how two revisions of a service differ: members of the
task definition, of the revision and of the service, with the digests that images resolve to. Without flags: what the
newest deployment changed. Nothing is changed by it.

The exit code is 0; with --exit-code it is 7 when there is a difference.

Examples:
  grue diff web --image web:v2
  grue diff web -f service.json -f taskdef.json --exit-code || echo "the file differs"
  grue diff web
  grue diff web --from web:7
  grue diff web --from web:7 --to web:9 --json`
}

// Run compares.
func (c *diffCmd) Run(s *streams) error {
	if !c.empty() && (c.From != "" || c.To != "") {
		return usageError("--from and --to compare revisions: leave them out, or the flags of a deploy")
	}
	x, err := s.steer(&c.Flags, c.Service, "none", "", endFlags{JSON: c.JSON})
	if err != nil {
		return err
	}
	w, err := c.wish(c.Service, &c.Flags)
	if err != nil {
		return err
	}
	ctx, stop := s.context()
	defer stop()
	if err := x.open(ctx, c.Flags); err != nil {
		return err
	}
	var d *difference
	if c.empty() {
		d, err = x.between(ctx, c.From, c.To)
	} else {
		d, err = x.wished(ctx, w)
	}
	if err != nil {
		return err
	}
	if err := d.print(s.out, c.JSON); err != nil {
		return err
	}
	if c.ExitCode && len(d.Differences) > 0 {
		return silent(exitDiffers)
	}
	return nil
}

// difference is what diff prints.
type difference struct {
	Service     string                `json:"service"`
	From        string                `json:"from"`
	To          string                `json:"to"`
	Differences []revision.Difference `json:"differences"`
	Notes       []string              `json:"notes"`
}

// wished compares the service with what a deploy would make of it.
func (x *steering) wished(ctx context.Context, w *change.Wish) (*difference, error) {
	defer x.doing("asking " + x.client.Where() + " about " + x.service)()
	n, err := now(ctx, x.client, w)
	if err != nil {
		return nil, err
	}
	p, err := w.Make(n)
	if err != nil {
		return nil, err
	}
	return x.planned(ctx, n, p)
}

// planned tells what a plan changes.
func (x *steering) planned(ctx context.Context, n change.Now, p *change.Plan) (*difference, error) {
	d := &difference{Service: x.service, From: "as it is", To: "as it would be", Notes: append([]string{}, p.Notes...)}
	digests := change.Digests{Client: x.client}
	digest := func(image string) string {
		text, err := digests.Of(ctx, image)
		if err != nil {
			d.Notes = append(d.Notes, fmt.Sprintf("the digest of %s is not known: %v", image, err))
		}
		return text
	}
	if n.Service == nil {
		d.From = "it does not exist"
		d.Differences = p.Compare(nil, nil, nil, digest)
		return d, nil
	}
	rev, def, err := x.inForce(ctx, n.Service)
	if err != nil {
		return nil, err
	}
	d.Differences = p.Compare(n.Service, rev, def, digest)
	return d, nil
}

// inForce is the revision that is PRIMARY, and its task definition.
func (x *steering) inForce(ctx context.Context, s *types.Service) (*types.ServiceRevision, *types.TaskDefinition, error) {
	def, _, err := definition(ctx, x.client, aws.ToString(s.TaskDefinition))
	if err != nil {
		return nil, nil, err
	}
	number := primaryNumber(s)
	if number == "" {
		return nil, nil, errNoRevision
	}
	arn := revisionARN(s, number)
	found, err := x.revisions(ctx, []string{arn})
	if err != nil {
		return nil, nil, err
	}
	if found[arn] == nil {
		return nil, nil, errNoRevision
	}
	return found[arn], def, nil
}

// rehearse is deploy --dry-run.
func (x *steering) rehearse(ctx context.Context, n change.Now, p *change.Plan) error {
	done := x.doing("asking registries for digests")
	d, err := x.planned(ctx, n, p)
	done()
	if err != nil {
		return err
	}
	d.Notes = d.Notes[len(p.Notes):] // those of the plan were told
	if err := d.print(x.out, x.ends.JSON); err != nil {
		return err
	}
	for _, call := range p.Calls() {
		x.say("would call %s", call)
	}
	return nil
}

// print writes the differences, side by side where they fit.
func (d *difference) print(w io.Writer, asJSON bool) error {
	if d.Differences == nil {
		d.Differences = []revision.Difference{}
	}
	if asJSON {
		return printJSON(w, d)
	}
	var b strings.Builder
	defer func() { _, _ = io.WriteString(w, b.String()) }()
	for _, note := range d.Notes {
		fmt.Fprintln(&b, "note:", note)
	}
	if len(d.Differences) == 0 {
		fmt.Fprintf(&b, "%s: no difference\n", d.Service)
		return nil
	}
	limit := width(w)
	if limit == 0 {
		limit = 160
	}
	t := table{head: []string{strings.ToUpper(d.Service), strings.ToUpper(d.From), strings.ToUpper(d.To)}}
	widest := [3]int{len(t.head[0]), len(t.head[1]), len(t.head[2])}
	for _, one := range d.Differences {
		cells := []string{one.Path, orDash(one.Before), orDash(one.After)}
		t.add(cells...)
		for i, cell := range cells {
			widest[i] = max(widest[i], ansi.StringWidth(cell))
		}
	}
	if widest[0]+widest[1]+widest[2]+4 <= limit {
		return t.print(&b)
	}
	for _, one := range d.Differences {
		fmt.Fprintf(&b, "%s\n  - %s\n  + %s\n", one.Path, orDash(one.Before), orDash(one.After))
	}
	return nil
}

// orDash is a value, or a dash for one that is absent.
func orDash(s *string) string {
	if s == nil {
		return "–"
	}
	return strings.ReplaceAll(*s, "\n", `\n`)
}
