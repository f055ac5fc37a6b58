package ecs

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/grue-ecs/grue/internal/wire"
)

// absent are the operations of Amazon ECS that this version does not have; the
// wire answers them as unknown. Every other one is a method of Service.
var absent = []string{
	// Managed daemons.
	"CreateDaemon", "DeleteDaemon", "DeleteDaemonTaskDefinition", "DescribeDaemon", "DescribeDaemonDeployments",
	"DescribeDaemonRevisions", "DescribeDaemonTaskDefinition", "ListDaemonDeployments", "ListDaemonTaskDefinitions",
	"ListDaemons", "RegisterDaemonTaskDefinition", "UpdateDaemon",
	// Express Mode.
	"CreateExpressGatewayService", "DeleteExpressGatewayService", "DescribeExpressGatewayService", "UpdateExpressGatewayService",
	// Service Gateway.
	"AssociateGatewayWithCluster", "CreateGateway", "DeleteGateway", "DescribeGateway", "DescribeGatewayResources",
	"DescribeGatewayRoute", "DisassociateGatewayFromCluster", "ListGatewayClusterAssociations", "ListGatewayRoutes",
	"ListGateways", "UpdateGateway",
	// Task sets: the deployment controllers CODE_DEPLOY and EXTERNAL.
	"CreateTaskSet", "DeleteTaskSet", "DescribeTaskSets", "UpdateTaskSet", "UpdateServicePrimaryTaskSet",
	// Container agents.
	"RegisterContainerInstance", "DeregisterContainerInstance", "UpdateContainerAgent",
	"SubmitAttachmentStateChanges", "SubmitContainerStateChange", "SubmitTaskStateChange",
}

// TestOperations: each of ECS's operations works or is known to be absent.
func TestOperations(t *testing.T) {
	w := newWorld(t)
	r := wire.NewRegistry(wire.Options{})
	r.Add(w.s.Spec(), w.s)
	works := r.Operations()["ecs"]
	client := reflect.TypeFor[*sdk.Client]()
	var all []string
	for i := range client.NumMethod() {
		m := client.Method(i)
		if m.Type.NumIn() == 4 && m.Type.NumOut() == 2 && strings.HasSuffix(m.Type.In(2).String(), "."+m.Name+"Input") {
			all = append(all, m.Name)
		}
	}
	for _, op := range all {
		if slices.Contains(works, op) == slices.Contains(absent, op) {
			t.Errorf("%s: works %v, absent %v", op, slices.Contains(works, op), slices.Contains(absent, op))
		}
	}
	for _, op := range append(slices.Clone(works), absent...) {
		if !slices.Contains(all, op) {
			t.Errorf("%s is no operation of Amazon ECS", op)
		}
	}
	t.Logf("%d operations: %d work, %d absent", len(all), len(works), len(absent))
}
