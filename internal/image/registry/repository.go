package registry

import (
	"errors"
	"maps"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Mutability of tags, in ECR's words.
const (
	Mutable            = "MUTABLE"
	Immutable          = "IMMUTABLE"
	MutableExcluding   = "MUTABLE_WITH_EXCLUSION"
	ImmutableExcluding = "IMMUTABLE_WITH_EXCLUSION"
)

// isKind tells whether err is a Problem of that kind.
func isKind(err error, kind Kind) bool {
	var p *Problem
	return errors.As(err, &p) && p.Kind == kind
}

// CreateRepository adds a repository; its zero members get ECR's defaults.
func (r *Registry) CreateRepository(s arn.Scope, repo Repository) error {
	if err := CheckName(repo.Name); err != nil {
		return err
	}
	r.complete(&repo)
	return r.store.Update(func(tx *store.Tx) error {
		key := repositoryKey(s, repo.Name)
		if _, ok := repositories.Get(tx, key); ok {
			return problem(RepositoryExists, "The repository with name '%s' already exists in the registry with id '%s'", repo.Name, s.Account)
		}
		repositories.Put(tx, key, &repo)
		return nil
	})
}

// ensure creates a repository for a push. Several layers are pushed at once: one
// that is already being created is written again, to wait until it is on disk.
func (r *Registry) ensure(s arn.Scope, name string) error {
	repo := &Repository{Name: name}
	r.complete(repo)
	return r.store.Update(func(tx *store.Tx) error {
		key := repositoryKey(s, name)
		if old, ok := repositories.Get(tx, key); ok {
			repo = old
		}
		repositories.Put(tx, key, repo)
		return nil
	})
}

// complete fills in ECR's defaults.
func (r *Registry) complete(repo *Repository) {
	if repo.CreatedAt.IsZero() {
		repo.CreatedAt = r.now()
	}
	if repo.Mutability == "" {
		repo.Mutability = Mutable
	}
	if repo.Encryption == "" {
		repo.Encryption = "AES256"
	}
}

// Repository returns one repository; it is shared, never change it.
func (r *Registry) Repository(s arn.Scope, name string) (repo *Repository, err error) {
	r.store.View(func(tx *store.Tx) {
		var ok bool
		if repo, ok = repositories.Get(tx, repositoryKey(s, name)); !ok {
			err = noRepository(s, name)
		}
	})
	return repo, err
}

// Repositories lists those of an account and region by name.
func (r *Registry) Repositories(s arn.Scope) (all []*Repository) {
	r.store.View(func(tx *store.Tx) {
		for _, repo := range repositories.Prefix(tx, s.Key("")) {
			all = append(all, repo)
		}
	})
	return all
}

// UpdateRepository changes the settings of a repository.
func (r *Registry) UpdateRepository(s arn.Scope, name string, change func(*Repository) error) error {
	return r.store.Update(func(tx *store.Tx) error {
		key := repositoryKey(s, name)
		old, ok := repositories.Get(tx, key)
		if !ok {
			return noRepository(s, name)
		}
		next := *old
		next.Tags = maps.Clone(old.Tags)
		if err := change(&next); err != nil {
			return err
		}
		repositories.Put(tx, key, &next)
		return nil
	})
}

// DeleteRepository removes a repository; one that holds images only by force.
func (r *Registry) DeleteRepository(s arn.Scope, name string, force bool) (gone *Repository, err error) {
	err = r.store.Update(func(tx *store.Tx) error {
		key := repositoryKey(s, name)
		repo, ok := repositories.Get(tx, key)
		if !ok {
			return noRepository(s, name)
		}
		if !force {
			for range images.Prefix(tx, key+"@") {
				return problem(RepositoryNotEmpty, "The repository with name '%s' in registry with id '%s' cannot be deleted because it still contains images", name, s.Account)
			}
		}
		for k := range tags.Prefix(tx, key+":") {
			tags.Delete(tx, k)
		}
		for k, img := range images.Prefix(tx, key+"@") {
			images.Delete(tx, k)
			r.emit(tx, s, name, "DELETE", "", img)
		}
		for k := range layers.Prefix(tx, key+"@") {
			layers.Delete(tx, k)
		}
		repositories.Delete(tx, key)
		gone = repo
		return nil
	})
	return gone, err
}

// immutable tells whether a tag, once set, stays. Filters are ECR's wildcards:
// "*" stands for any characters.
func (repo *Repository) immutable(t string) bool {
	excluded := false
	for _, filter := range repo.Exclusions {
		excluded = excluded || wildcard(filter, t)
	}
	switch repo.Mutability {
	case Immutable:
		return true
	case ImmutableExcluding:
		return !excluded
	case MutableExcluding:
		return excluded
	}
	return false
}
