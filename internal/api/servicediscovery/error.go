package servicediscovery

import (
	"errors"

	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/wire"
)

// codes of the errors of package cloudmap.
var codes = map[error]string{
	cloudmap.ErrNoNamespace:    "NamespaceNotFound",
	cloudmap.ErrNoService:      "ServiceNotFound",
	cloudmap.ErrNoInstance:     "InstanceNotFound",
	cloudmap.ErrNoOperation:    "OperationNotFound",
	cloudmap.ErrNoCustomHealth: "CustomHealthNotFound",
}

// worded gives errors of package cloudmap AWS's codes.
func worded(err error) error {
	var exists *cloudmap.ExistsError
	var inUse *cloudmap.InUseError
	switch {
	case errors.As(err, &exists):
		e := wire.Errorf("ServiceAlreadyExists", "%s", err)
		e.Fields = map[string]any{"CreatorRequestId": exists.CreatorRequestID, "ServiceId": exists.ID, "ServiceArn": exists.ARN}
		if exists.Kind == "namespace" {
			e.Code = "NamespaceAlreadyExists"
			e.Fields = map[string]any{"CreatorRequestId": exists.CreatorRequestID, "NamespaceId": exists.ID}
		}
		return e
	case errors.As(err, &inUse):
		return wire.Errorf("ResourceInUse", "%s", err)
	}
	for known, code := range codes {
		if errors.Is(err, known) {
			return wire.Errorf(code, "%s", err)
		}
	}
	return err
}

func invalid(format string, args ...any) error { return wire.Errorf("InvalidInput", format, args...) }

// noNamespace, noService, noInstance name what was not found.
func noNamespace(id string) error {
	return wire.Errorf("NamespaceNotFound", "No namespace %s exists in this account and region.", id)
}

func noService(id string) error {
	return wire.Errorf("ServiceNotFound", "No service %s exists in this account and region.", id)
}

func noInstance(id string) error {
	return wire.Errorf("InstanceNotFound", "No instance %s is registered with the service.", id)
}
