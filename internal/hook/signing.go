package hook

import (
	"net/http"
	"strconv"
	"time"
)

// Sign sets the headers of Standard Webhooks on a request whose body is given.
// Every try of one message has the same id.
func Sign(h http.Header, key []byte, id string, at time.Time, body []byte) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", stamp)
	h.Set("webhook-signature", signature(key, id, stamp, body))
}

// SecretKey is the key that a secret means: base64 after "whsec_", otherwise the
// text itself, 16 to 256 bytes. The error completes a sentence that begins with
// the secret's name.
func SecretKey(text string) ([]byte, error) { return secretKey(text) }
