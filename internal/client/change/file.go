package change

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/grue-ecs/grue/internal/wire"
)

// Files is what -f named: at most one definition of each kind.
type Files struct {
	Service    *ServiceFile
	Definition *DefinitionFile
}

// ReadFiles reads files of a service and of a task definition, which it tells
// apart by what they hold.
func ReadFiles(paths []string) (*Files, error) {
	files := &Files{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if err := files.add(path, text); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return files, nil
}

func (f *Files) add(path string, text []byte) error {
	all, err := object(text)
	if err != nil {
		return err
	}
	if isDefinition(all) {
		if f.Definition != nil {
			return fmt.Errorf("it is a task definition, as %s is: give one", f.Definition.Path)
		}
		f.Definition, err = readDefinition(path, all)
		return err
	}
	if f.Service != nil {
		return fmt.Errorf("it is a service, as %s is: give one", f.Service.Path)
	}
	f.Service, err = readService(path, all)
	return err
}

// isDefinition tells a task definition, bare or as describe-task-definition prints
// it, from a service.
func isDefinition(all members) bool {
	return all.has("containerDefinitions") || all.has("family") || bytes.HasPrefix(bytes.TrimSpace(all["taskDefinition"]), []byte("{"))
}

// members of a JSON object.
type members map[string]json.RawMessage

func (m members) has(name string) bool { _, ok := m[name]; return ok }

// only are the members that names has.
func (m members) only(names map[string]bool) members {
	part := members{}
	for name, text := range m {
		if names[name] {
			part[name] = text
		}
	}
	return part
}

// without are the names of members that none of the sets has, sorted.
func (m members) without(sets ...map[string]bool) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if !slices.ContainsFunc(sets, func(set map[string]bool) bool { return set[name] }) {
			list = append(list, name)
		}
	}
	return list
}

// unknownMembers is the error of members that ECS does not know.
type unknownMembers []string

// Error names them all.
func (u unknownMembers) Error() string {
	return fmt.Sprintf("ECS knows no such member: %s; correct the spelling, which begins with a small letter, or leave it out", strings.Join(u, ", "))
}

// into decodes members into a struct of the SDK, and adds those that no struct in
// it has to unknown, with the type that they stand in.
func (m members) into(v any, unknown *unknownMembers) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	err = wire.UnmarshalStrict(text, v, true)
	var strange wire.UnknownMembers
	if errors.As(err, &strange) {
		for _, u := range strange {
			typ, member, _ := strings.Cut(u, ".")
			if word := member + " (in " + typ + ")"; !slices.Contains(*unknown, word) {
				*unknown = append(*unknown, word)
			}
		}
		return nil
	}
	var refused *wire.Error
	if errors.As(err, &refused) {
		return errors.New(refused.Message)
	}
	return err
}

// error is nil where there is nothing unknown.
func (u unknownMembers) error() error {
	if len(u) == 0 {
		return nil
	}
	return u
}

// object splits a JSON object.
func object(text []byte) (members, error) {
	var all members
	err := json.Unmarshal(text, &all)
	var syntax *json.SyntaxError
	switch {
	case err == nil && all != nil:
		return all, nil
	case bytes.Contains(text, []byte("{{")):
		return nil, errors.New("it is a template, not JSON: render it first (ecspresso render does)")
	case errors.As(err, &syntax):
		before := text[:min(int(syntax.Offset), len(text))]
		return nil, fmt.Errorf("line %d: %w", bytes.Count(before, []byte("\n"))+1, err)
	}
	return nil, errors.New("it is not a JSON object")
}

// fields are the wire names of a struct's members.
func fields(v any) map[string]bool {
	names := map[string]bool{}
	typ := reflect.TypeOf(v)
	for i := range typ.NumField() {
		if f := typ.Field(i); f.IsExported() && f.Name != "ResultMetadata" {
			first := []rune(f.Name)
			first[0] = unicode.ToLower(first[0])
			names[string(first)] = true
		}
	}
	return names
}
