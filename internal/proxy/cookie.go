package proxy

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// sealer encrypts what stickiness cookies remember, so that a client can
// neither read nor choose it. The key lies in the proxy's directory and
// survives restarts.
type sealer struct{ aead cipher.AEAD }

const keyFile = "cookie.key"

// openSealer reads the key, or makes one.
func openSealer(dir string) (*sealer, error) {
	path := filepath.Join(dir, keyFile)
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(key) != 32 {
		key = make([]byte, 32)
		_, _ = rand.Read(key) // never fails
		err = writeFile(path, key)
	}
	if err != nil {
		return nil, fmt.Errorf("proxy: cookie key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &sealer{aead}, nil
}

// seal makes a cookie value that says value until expires. The purpose keeps a
// value from being used for something else.
func (s *sealer) seal(purpose, value string, expires time.Time) string {
	nonce := make([]byte, s.aead.NonceSize(), 128)
	_, _ = rand.Read(nonce)
	plain := binary.BigEndian.AppendUint64(nil, uint64(expires.Unix()))
	plain = append(plain, value...)
	return base64.StdEncoding.EncodeToString(s.aead.Seal(nonce, nonce, plain, []byte(purpose)))
}

// open returns what a cookie value says, if we made it for the purpose and it
// has not expired.
func (s *sealer) open(purpose, cookie string, now time.Time) (string, bool) {
	sealed, err := base64.StdEncoding.DecodeString(cookie)
	if err != nil || len(sealed) < s.aead.NonceSize() {
		return "", false
	}
	nonce, text := sealed[:s.aead.NonceSize()], sealed[s.aead.NonceSize():]
	plain, err := s.aead.Open(nil, nonce, text, []byte(purpose))
	if err != nil || len(plain) < 8 {
		return "", false
	}
	if int64(binary.BigEndian.Uint64(plain)) < now.Unix() {
		return "", false
	}
	return string(plain[8:]), true
}
