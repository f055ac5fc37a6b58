package registry

import (
	"encoding/json"
	"mime"

	"github.com/grue-ecs/grue/internal/image/blob"
)

// Media types of manifests.
const (
	dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	dockerList     = "application/vnd.docker.distribution.manifest.list.v2+json"
	ociManifest    = "application/vnd.oci.image.manifest.v1+json"
	ociIndex       = "application/vnd.oci.image.index.v1+json"
)

// document is what the registry reads of a manifest.
type document struct {
	SchemaVersion int               `json:"schemaVersion"`
	MediaType     string            `json:"mediaType"`
	ArtifactType  string            `json:"artifactType"`
	Config        *descriptor       `json:"config"`
	Layers        []descriptor      `json:"layers"`
	Manifests     []descriptor      `json:"manifests"`
	Subject       *descriptor       `json:"subject"`
	Annotations   map[string]string `json:"annotations"`
}

type descriptor struct {
	MediaType    string            `json:"mediaType"`
	Digest       string            `json:"digest"`
	Size         int64             `json:"size"`
	URLs         []string          `json:"urls,omitempty"`
	ArtifactType string            `json:"artifactType,omitempty"`
	Annotations  map[string]string `json:"annotations,omitempty"`
}

// maxReferences bounds the work that one manifest can ask for.
const maxReferences = 4096

// parseManifest checks a manifest's form and says what it refers to. sizes are
// those that it claims for its blobs.
func parseManifest(body []byte, contentType string) (img *Image, sizes map[blob.Digest]int64, err error) {
	if len(body) > maxManifest {
		return nil, nil, problem(TooLarge, "the manifest is larger than %d bytes", maxManifest)
	}
	var doc document
	if err := json.Unmarshal(body, &doc); err != nil {
		return nil, nil, problem(InvalidManifest, "the manifest is no JSON: %s", err)
	}
	mediaType, err := manifestType(&doc, contentType)
	if err != nil {
		return nil, nil, err
	}
	img = &Image{Digest: blob.Of(body), MediaType: mediaType, Bytes: int64(len(body)), ArtifactType: doc.ArtifactType}
	sizes = map[blob.Digest]int64{}
	if mediaType == dockerList || mediaType == ociIndex {
		err = img.readIndex(&doc)
	} else {
		err = img.readManifest(&doc, sizes)
	}
	if err == nil && doc.Subject != nil {
		img.Subject, err = manifestDigest(*doc.Subject)
		img.Annotations = doc.Annotations
	}
	return img, sizes, err
}

// manifestType decides what a manifest is. One that could be read in two ways is
// refused: two clients would run two images under one digest.
func manifestType(doc *document, contentType string) (string, error) {
	mediaType := doc.MediaType
	if given, _, err := mime.ParseMediaType(contentType); err == nil && known(given) {
		if mediaType != "" && mediaType != given {
			return "", problem(InvalidManifest, "the manifest says mediaType %.100q, the request %.100q", mediaType, given)
		}
		mediaType = given
	}
	if mediaType == "" {
		mediaType = ociManifest
		if doc.Manifests != nil {
			mediaType = ociIndex
		}
	}
	index := mediaType == dockerList || mediaType == ociIndex
	switch {
	case !known(mediaType):
		return "", problem(InvalidManifest, "Unsupported manifest media type %.100q", mediaType)
	case doc.SchemaVersion != 2:
		return "", problem(InvalidManifest, "schemaVersion is %d, want 2", doc.SchemaVersion)
	case index && (doc.Layers != nil || doc.Config != nil), !index && doc.Manifests != nil:
		return "", problem(InvalidManifest, "the manifest is both an image and an index")
	case !index && doc.Config == nil:
		return "", problem(InvalidManifest, "the manifest has no config")
	}
	return mediaType, nil
}

func known(mediaType string) bool {
	switch mediaType {
	case dockerManifest, dockerList, ociManifest, ociIndex:
		return true
	}
	return false
}

func (img *Image) readIndex(doc *document) error {
	if len(doc.Manifests) > maxReferences {
		return problem(InvalidManifest, "more than %d manifests", maxReferences)
	}
	for _, m := range doc.Manifests {
		d, err := manifestDigest(m)
		if err != nil {
			return err
		}
		img.Children = append(img.Children, d)
	}
	return nil
}

func (img *Image) readManifest(doc *document, sizes map[blob.Digest]int64) error {
	if len(doc.Layers) > maxReferences {
		return problem(InvalidManifest, "more than %d layers", maxReferences)
	}
	if img.ArtifactType == "" {
		img.ArtifactType = doc.Config.MediaType
	}
	for _, l := range append([]descriptor{*doc.Config}, doc.Layers...) {
		d, err := manifestDigest(l)
		if err != nil {
			return err
		}
		if l.Size < 0 || l.Size > 1<<50 {
			return problem(InvalidManifest, "a size of %d", l.Size)
		}
		if len(l.URLs) > 0 {
			continue // a foreign layer, which is kept elsewhere
		}
		sizes[d] = l.Size
		img.Layers = append(img.Layers, d)
		img.Size += l.Size
	}
	return nil
}

func manifestDigest(d descriptor) (blob.Digest, error) {
	digest, err := blob.Parse(d.Digest)
	if err != nil {
		return "", problem(InvalidManifest, "%s", err)
	}
	return digest, nil
}
