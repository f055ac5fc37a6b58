package registry

import (
	"cmp"
	"encoding/json"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image/blob"
	"github.com/grue-ecs/grue/internal/store"
)

// Rule is one rule of a lifecycle policy.
type Rule struct {
	Priority    int       `json:"rulePriority"`
	Description string    `json:"description"`
	Selection   Selection `json:"selection"`
	Action      struct {
		Type string `json:"type"`
	} `json:"action"`
}

// Selection says which images a rule is about.
type Selection struct {
	TagStatus string   `json:"tagStatus"` // tagged, untagged, any
	Prefixes  []string `json:"tagPrefixList"`
	Patterns  []string `json:"tagPatternList"`
	CountType string   `json:"countType"` // imageCountMoreThan, sinceImagePushed
	CountUnit string   `json:"countUnit"` // days
	Count     int      `json:"countNumber"`
}

// maxRules is ECR's limit for one policy.
const maxRules = 50

// ParseLifecycle reads a lifecycle policy and checks it by ECR's rules.
func ParseLifecycle(text string) ([]Rule, error) {
	var doc struct {
		Rules []Rule `json:"rules"`
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		return nil, invalidPolicy("%s", err)
	}
	if len(doc.Rules) == 0 || len(doc.Rules) > maxRules {
		return nil, invalidPolicy("a policy has 1 to %d rules, this one %d", maxRules, len(doc.Rules))
	}
	seen := map[int]bool{}
	for _, rule := range doc.Rules {
		if rule.Priority < 1 || seen[rule.Priority] {
			return nil, invalidPolicy("rulePriority %d must be 1 or more and unique", rule.Priority)
		}
		seen[rule.Priority] = true
		if err := rule.check(); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(doc.Rules, func(a, b Rule) int { return cmp.Compare(a.Priority, b.Priority) })
	return doc.Rules, nil
}

func (rule *Rule) check() error {
	s := rule.Selection
	named := len(s.Prefixes) > 0 || len(s.Patterns) > 0
	switch {
	case rule.Action.Type != "expire":
		return invalidPolicy("action type %q must be expire", rule.Action.Type)
	case s.TagStatus != "tagged" && s.TagStatus != "untagged" && s.TagStatus != "any":
		return invalidPolicy("tagStatus %q must be tagged, untagged or any", s.TagStatus)
	case s.TagStatus == "tagged" && !named:
		return invalidPolicy("tagStatus tagged needs tagPrefixList or tagPatternList")
	case s.TagStatus != "tagged" && named:
		return invalidPolicy("tagPrefixList and tagPatternList need tagStatus tagged")
	case s.CountType != "imageCountMoreThan" && s.CountType != "sinceImagePushed":
		return invalidPolicy("countType %q must be imageCountMoreThan or sinceImagePushed", s.CountType)
	case s.CountType == "sinceImagePushed" && s.CountUnit != "days":
		return invalidPolicy("countType sinceImagePushed needs countUnit days")
	case s.CountType == "imageCountMoreThan" && s.CountUnit != "":
		return invalidPolicy("countUnit needs countType sinceImagePushed")
	case s.Count < 1:
		return invalidPolicy("countNumber must be 1 or more")
	}
	return nil
}

func invalidPolicy(format string, args ...any) error {
	return problem(InvalidPolicy, "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: "+format+"'", args...)
}

// Expiring is an image that a rule removes.
type Expiring struct {
	*Image
	Rule int // its priority
}

// Expire tells which images a policy removes. Rules apply in the order of their
// priority; an image that one rule has selected is not looked at by a later
// one, and the images of an index that stays, stay too.
func Expire(rules []Rule, all []*Image, now time.Time) (gone []Expiring) {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b *Image) int { return b.PushedAt.Compare(a.PushedAt) })
	taken := map[blob.Digest]bool{}
	for _, rule := range rules {
		kept := 0
		for _, img := range sorted {
			if taken[img.Digest] || !rule.Selection.matches(img) {
				continue
			}
			age := now.Sub(img.PushedAt)
			expired := rule.Selection.CountType == "sinceImagePushed" && age > time.Duration(rule.Selection.Count)*24*time.Hour
			if rule.Selection.CountType == "imageCountMoreThan" {
				kept++
				expired = kept > rule.Selection.Count
			}
			if expired {
				taken[img.Digest] = true
				gone = append(gone, Expiring{img, rule.Priority})
			}
		}
	}
	return slices.DeleteFunc(gone, func(e Expiring) bool { return heldByIndex(e.Image, all, taken) })
}

func heldByIndex(img *Image, all []*Image, gone map[blob.Digest]bool) bool {
	return slices.ContainsFunc(all, func(other *Image) bool {
		return !gone[other.Digest] && slices.Contains(other.Children, img.Digest)
	})
}

// matches: with several prefixes or patterns, an image must have a tag for each.
func (s *Selection) matches(img *Image) bool {
	switch s.TagStatus {
	case "any":
		return true
	case "untagged":
		return len(img.Tags) == 0
	}
	for _, prefix := range s.Prefixes {
		if !slices.ContainsFunc(img.Tags, func(t string) bool { return strings.HasPrefix(t, prefix) }) {
			return false
		}
	}
	for _, pattern := range s.Patterns {
		if !slices.ContainsFunc(img.Tags, func(t string) bool { return wildcard(pattern, t) }) {
			return false
		}
	}
	return len(img.Tags) > 0
}

// wildcard matches ECR's patterns: "*" stands for any characters, the rest for
// itself.
func wildcard(pattern, s string) bool {
	quoted := strings.NewReplacer(`\`, `\\`, `?`, `\?`, `[`, `\[`).Replace(pattern)
	ok, err := path.Match(quoted, s)
	return err == nil && ok
}

// ApplyLifecycle removes what the policy of each repository expires.
func (r *Registry) ApplyLifecycle() (removed int, err error) {
	var keys []string
	r.store.View(func(tx *store.Tx) {
		for key, repo := range repositories.All(tx) {
			if repo.Lifecycle != "" {
				keys = append(keys, key)
			}
		}
	})
	for _, key := range keys {
		n, err := r.applyLifecycle(scopeOf(key), key[len(scopeOf(key).Key("")):])
		if err != nil {
			return removed, err
		}
		removed += n
	}
	return removed, nil
}

func (r *Registry) applyLifecycle(s arn.Scope, name string) (n int, err error) {
	err = r.store.Update(func(tx *store.Tx) error {
		n = 0
		repo, ok := repositories.Get(tx, repositoryKey(s, name))
		if !ok || repo.Lifecycle == "" {
			return nil
		}
		rules, err := ParseLifecycle(repo.Lifecycle)
		if err != nil {
			return err
		}
		gone := Expire(rules, imagesOf(tx, s, name), r.now())
		// An index goes before the images that it holds.
		slices.SortStableFunc(gone, func(a, b Expiring) int { return cmp.Compare(len(b.Children), len(a.Children)) })
		for _, e := range gone {
			if err := r.remove(tx, s, name, e.Image); err != nil {
				return err
			}
			n++
		}
		next := *repo
		next.LifecycleRun = r.now()
		repositories.Put(tx, repositoryKey(s, name), &next)
		return nil
	})
	return n, err
}
