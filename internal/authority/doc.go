// Package authority is the certificate authority of a data directory: it signs the
// certificates that AWS Certificate Manager issues here, and those with which
// tasks prove to each other who they are (Service Connect's tls). There is one,
// made on first use; it lasts ten years.
package authority
