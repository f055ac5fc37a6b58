package secretsmanager

import (
	"context"
	"crypto/rand"
	"math/big"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

const (
	lower       = "abcdefghijklmnopqrstuvwxyz"
	upper       = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits      = "0123456789"
	punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
)

// GetRandomPassword makes a password of 32 characters, or as long as asked.
func (s *Service) GetRandomPassword(_ context.Context, in *sm.GetRandomPasswordInput) (*sm.GetRandomPasswordOutput, error) {
	n := aws.ToInt64(in.PasswordLength)
	if in.PasswordLength == nil {
		n = 32
	}
	kinds := kindsOf(in)
	each := in.RequireEachIncludedType == nil || *in.RequireEachIncludedType
	switch {
	case n < 1 || n > 4096:
		return nil, invalidParameter("PasswordLength must be between 1 and 4096.")
	case len(kinds) == 0:
		return nil, invalidRequest("No characters are left to make a password of.")
	case each && int(n) < len(kinds):
		return nil, invalidParameter("Password length is too short based on the required types.")
	}
	all := strings.Join(kinds, "")
	word := make([]byte, n)
	for i := range word {
		from := all
		if each && i < len(kinds) {
			from = kinds[i]
		}
		word[i] = from[random(len(from))]
	}
	for i := len(word) - 1; i > 0; i-- { // so that the first ones are not of known kinds
		j := random(i + 1)
		word[i], word[j] = word[j], word[i]
	}
	return &sm.GetRandomPasswordOutput{RandomPassword: aws.String(string(word))}, nil
}

// kindsOf are the sets of characters to choose from.
func kindsOf(in *sm.GetRandomPasswordInput) []string {
	var kinds []string
	for _, k := range []struct {
		leaveOut *bool
		set      string
	}{
		{in.ExcludeLowercase, lower},
		{in.ExcludeUppercase, upper},
		{in.ExcludeNumbers, digits},
		{in.ExcludePunctuation, punctuation},
		{aws.Bool(!aws.ToBool(in.IncludeSpace)), " "},
	} {
		set := strings.Map(func(r rune) rune {
			if strings.ContainsRune(aws.ToString(in.ExcludeCharacters), r) {
				return -1
			}
			return r
		}, k.set)
		if !aws.ToBool(k.leaveOut) && set != "" {
			kinds = append(kinds, set)
		}
	}
	return kinds
}

func random(n int) int {
	i, _ := rand.Int(rand.Reader, big.NewInt(int64(n))) // never fails
	return int(i.Int64())
}
