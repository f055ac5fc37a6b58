package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// maxAnswer bounds what is read of an answer of grue's own routes.
const maxAnswer = 16 << 20

// Grue asks a route of grue's own, such as "/grue/approvals", signed as calls of
// ECS are. The status is for the caller to judge.
func (c *Client) Grue(ctx context.Context, method, path string, body []byte) (status int, answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, c.Endpoint+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range headers("", "") {
		req.Header.Set(name, value)
	}
	key, err := c.Config.Credentials.Retrieve(ctx)
	if err != nil {
		return 0, nil, err
	}
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, key, req, hex.EncodeToString(sum[:]), "ecs", c.Region, time.Now()); err != nil {
		return 0, nil, err
	}
	resp, err := c.Config.HTTPClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return resp.StatusCode, answer, err
}

// grueApprovals asks grue itself; ok is false where the endpoint is none, or one
// without that route.
func (c *Client) grueApprovals(ctx context.Context) (all []Approval, ok bool, err error) {
	if c.Endpoint == "" {
		return nil, false, nil
	}
	status, answer, err := c.Grue(ctx, http.MethodGet, "/grue/approvals", nil)
	if err != nil {
		return nil, false, err
	}
	doc := struct {
		Approvals []Approval `json:"approvals"`
	}{Approvals: []Approval{}}
	if status != http.StatusOK || json.Unmarshal(answer, &doc) != nil {
		return nil, false, nil // the AWS API says what is wrong, if anything is
	}
	return doc.Approvals, true, nil
}

// answerGrue answers an approval that AWS has no call for.
func (c *Client) answerGrue(ctx context.Context, a Approval, approve bool, reason string) error {
	decision := "approve"
	if !approve {
		decision = "reject"
	}
	body, err := json.Marshal(map[string]string{
		"serviceDeploymentArn": a.DeploymentARN, "hookId": a.HookID, "decision": decision, "reason": reason,
	})
	if err != nil {
		return err
	}
	status, answer, err := c.Grue(ctx, http.MethodPost, "/grue/approvals", body)
	if err != nil || status == http.StatusOK {
		return err
	}
	var refused struct{ Message string }
	if json.Unmarshal(answer, &refused) == nil && refused.Message != "" {
		return errors.New(refused.Message)
	}
	return fmt.Errorf("status %d: %s", status, strings.TrimSpace(string(answer)))
}
