package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/grue-ecs/grue/internal/store"
)

// keySize of AES-256.
const keySize = 32

// ErrKey is an encrypted value that the key does not open.
var ErrKey = errors.New("the value was encrypted with another key: put back the key file that belongs to this state")

// Vault encrypts values and finds them again.
type Vault struct {
	store *store.Store
	aead  cipher.AEAD
}

// NewVault reads the key file, or makes it when it does not exist.
func NewVault(st *store.Store, keyFile string) (*Vault, error) {
	key, err := readKey(keyFile)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = makeKey(keyFile)
	}
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("the key file %s is damaged: %w", keyFile, err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &Vault{st, aead}, nil
}

// Store is where the records are.
func (v *Vault) Store() *store.Store { return v.store }

func readKey(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the key file %s can be read by other users; 'chmod 600 %s' and put new secrets", file, file)
	}
	return os.ReadFile(file)
}

// makeKey writes a new key so that it is on the disk before anything uses it.
func makeKey(file string) ([]byte, error) {
	key := make([]byte, keySize)
	rand.Read(key)                                        // never fails
	f, err := os.CreateTemp(filepath.Dir(file), ".key-*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(key)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(f.Name(), file); err != nil { // unlike a rename, never replaces a key
		if errors.Is(err, fs.ErrExist) {
			return readKey(file)
		}
		return nil, err
	}
	d, err := os.Open(filepath.Dir(file))
	if err != nil {
		return nil, err
	}
	return key, errors.Join(d.Sync(), d.Close())
}

// Seal encrypts a value for the record of that id.
func (v *Vault) Seal(id string, value []byte) []byte {
	return v.aead.Seal(nil, nil, value, []byte(id))
}

// Open decrypts what Seal made for the same id.
func (v *Vault) Open(id string, sealed []byte) ([]byte, error) {
	value, err := v.aead.Open(nil, nil, sealed, []byte(id))
	if err != nil {
		return nil, ErrKey
	}
	return value, nil
}
