package acm

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/grue-ecs/grue/internal/elb"
)

// leaf is what a stored certificate says.
func leaf(c *elb.Certificate) (*x509.Certificate, error) {
	block, _ := pem.Decode(c.Chain)
	if block == nil {
		return nil, fmt.Errorf("acm: %s holds no certificate", c.ARN)
	}
	return x509.ParseCertificate(block.Bytes)
}

// split separates the certificate from its chain.
func split(c *elb.Certificate) (certificate, chain string) {
	block, rest := pem.Decode(c.Chain)
	if block == nil {
		return "", ""
	}
	return string(pem.EncodeToMemory(block)), strings.TrimLeft(string(rest), "\r\n")
}

// names lists the names that a certificate is for, the first one first.
func names(x *x509.Certificate) []string {
	out := append([]string{}, x.DNSNames...)
	for _, ip := range x.IPAddresses {
		out = append(out, ip.String())
	}
	if len(out) == 0 && x.Subject.CommonName != "" {
		out = append(out, x.Subject.CommonName)
	}
	return out
}

// domain is the name that ACM calls the certificate's.
func domain(x *x509.Certificate) string {
	if x.Subject.CommonName != "" {
		return x.Subject.CommonName
	}
	if all := names(x); len(all) > 0 {
		return all[0]
	}
	return ""
}

// keyAlgorithm is ACM's word for the kind of a public key; "" = not supported.
func keyAlgorithm(key any) types.KeyAlgorithm {
	switch k := key.(type) {
	case *rsa.PublicKey:
		switch k.N.BitLen() {
		case 1024:
			return types.KeyAlgorithmRsa1024
		case 2048:
			return types.KeyAlgorithmRsa2048
		case 3072:
			return types.KeyAlgorithmRsa3072
		case 4096:
			return types.KeyAlgorithmRsa4096
		}
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256():
			return types.KeyAlgorithmEcPrime256v1
		case elliptic.P384():
			return types.KeyAlgorithmEcSecp384r1
		case elliptic.P521():
			return types.KeyAlgorithmEcSecp521r1
		}
	}
	return ""
}

// serial is the serial number as ACM writes it: bytes in hex, parted by colons.
func serial(x *x509.Certificate) string {
	var parts []string
	for _, b := range x.SerialNumber.Bytes() {
		parts = append(parts, fmt.Sprintf("%02x", b))
	}
	return strings.Join(parts, ":")
}

// signature is the signature algorithm in ACM's spelling.
func signature(x *x509.Certificate) string {
	switch x.SignatureAlgorithm {
	case x509.SHA256WithRSA:
		return "SHA256WITHRSA"
	case x509.SHA384WithRSA:
		return "SHA384WITHRSA"
	case x509.SHA512WithRSA:
		return "SHA512WITHRSA"
	case x509.ECDSAWithSHA256:
		return "SHA256WITHECDSA"
	case x509.ECDSAWithSHA384:
		return "SHA384WITHECDSA"
	case x509.ECDSAWithSHA512:
		return "SHA512WITHECDSA"
	}
	return x.SignatureAlgorithm.String()
}

var keyUsages = []struct {
	bit  x509.KeyUsage
	name types.KeyUsageName
}{
	{x509.KeyUsageDigitalSignature, types.KeyUsageNameDigitalSignature},
	{x509.KeyUsageContentCommitment, types.KeyUsageNameNonRepudation},
	{x509.KeyUsageKeyEncipherment, types.KeyUsageNameKeyEncipherment},
	{x509.KeyUsageDataEncipherment, types.KeyUsageNameDataEncipherment},
	{x509.KeyUsageKeyAgreement, types.KeyUsageNameKeyAgreement},
	{x509.KeyUsageCertSign, types.KeyUsageNameCertificateSigning},
	{x509.KeyUsageCRLSign, types.KeyUsageNameCrlSigning},
}

func usagesOf(x *x509.Certificate) []types.KeyUsage {
	out := []types.KeyUsage{}
	for _, u := range keyUsages {
		if x.KeyUsage&u.bit != 0 {
			out = append(out, types.KeyUsage{Name: u.name})
		}
	}
	return out
}

var extendedKeyUsages = map[x509.ExtKeyUsage]struct {
	name types.ExtendedKeyUsageName
	oid  string
}{
	x509.ExtKeyUsageServerAuth:  {types.ExtendedKeyUsageNameTlsWebServerAuthentication, "1.3.6.1.5.5.7.3.1"},
	x509.ExtKeyUsageClientAuth:  {types.ExtendedKeyUsageNameTlsWebClientAuthentication, "1.3.6.1.5.5.7.3.2"},
	x509.ExtKeyUsageCodeSigning: {types.ExtendedKeyUsageNameCodeSigning, "1.3.6.1.5.5.7.3.3"},
	x509.ExtKeyUsageAny:         {types.ExtendedKeyUsageNameAny, "2.5.29.37.0"},
}

func extendedUsagesOf(x *x509.Certificate) []types.ExtendedKeyUsage {
	out := []types.ExtendedKeyUsage{}
	for _, u := range x.ExtKeyUsage {
		if known, ok := extendedKeyUsages[u]; ok {
			out = append(out, types.ExtendedKeyUsage{Name: known.name, OID: &known.oid})
		}
	}
	return out
}
