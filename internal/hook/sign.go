package hook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Calls of a URL are signed as Standard Webhooks says: the header
// webhook-signature is "v1," and the HMAC-SHA256 of "<id>.<timestamp>.<body>".

// secretPrefix marks a secret that is written in base64.
const secretPrefix = "whsec_"

// Bounds of a key, in bytes.
const minKey, maxKey = 16, 256

func signature(key []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// secretKey is the key that a secret means: base64 after "whsec_", otherwise the
// text itself. The error completes a sentence that begins with the secret's name.
func secretKey(text string) ([]byte, error) {
	key := []byte(text)
	if enc, ok := strings.CutPrefix(text, secretPrefix); ok {
		var err error
		if key, err = base64.StdEncoding.DecodeString(enc); err != nil {
			return nil, fmt.Errorf("must have base64 after %s", secretPrefix)
		}
	}
	if len(key) < minKey || len(key) > maxKey {
		return nil, fmt.Errorf("must be %d to %d bytes long, or %s and the base64 of so many", minKey, maxKey, secretPrefix)
	}
	return key, nil
}

// LoadKey reads the key that signs calls of URLs which have no grue:secret, and
// makes it at the first time. The file holds a Standard Webhooks secret, to be
// given to the receivers.
func LoadKey(path string) ([]byte, error) {
	doc, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path)
	}
	if err != nil {
		return nil, err
	}
	text := strings.TrimSpace(string(doc))
	key, err := secretKey(text)
	if err != nil || !strings.HasPrefix(text, secretPrefix) {
		return nil, fmt.Errorf("%s is damaged: it must hold %s and the base64 of 32 bytes; restore it, or remove it to get a new key", path, secretPrefix)
	}
	return key, nil
}

func makeKey(path string) ([]byte, error) {
	key := make([]byte, 32)
	rand.Read(key) // never fails, as its documentation says
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintln(f, secretPrefix+base64.StdEncoding.EncodeToString(key))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("write the key of signatures: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return nil, err
	}
	return key, nil
}
