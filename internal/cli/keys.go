package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/grue-ecs/grue/internal/client"
)

// keysCmd is `grue keys`.
type keysCmd struct {
	Create keysCreateCmd `cmd:"" help:"Make a key; its secret is shown once."`
	List   keysListCmd   `cmd:"" help:"Keys, without secrets."`
	Revoke keysRevokeCmd `cmd:"" help:"Delete a key: what is signed with it is refused from then on."`
}

// Help is the long help.
func (keysCmd) Help() string {
	return `Access keys of a grue, which are those of its IAM users. On this machine the development key test/test works beside
them; from anywhere else only they do. Whoever may read the data directory of a running grue needs no key to make the
first one: say --data.

Examples:
  sudo grue keys create --data /var/lib/grue ci
  eval "$(grue keys create ci)"
  grue keys list
  grue keys revoke AKIAEXAMPLEEXAMPLE12`
}

// keysFlags say whose keys.
type keysFlags struct {
	Data     string `help:"Data directory of a grue that runs on this machine: it is asked through a socket in there, without a key." placeholder:"DIR"`
	Endpoint string `help:"Endpoint of the API. Default: AWS_ENDPOINT_URL, then the grue of this machine, http://127.0.0.1:4566." placeholder:"URL"`
	Region   string `help:"Region." placeholder:"REGION" hidden:""`
	Profile  string `help:"Profile of ~/.aws/config and ~/.aws/credentials." placeholder:"NAME"`
	CAFile   string `name:"ca-file" help:"Certificate (PEM) that the endpoint is trusted by." placeholder:"FILE"`
	JSON     bool   `help:"Print JSON."`
}

// open makes a client of IAM.
func (f *keysFlags) open(ctx context.Context) (*iam.Client, error) {
	if f.Data != "" {
		if f.Endpoint != "" {
			return nil, usageError("--data and --endpoint name the same thing: leave one out")
		}
		return f.local()
	}
	cl, err := client.Flags{Endpoint: f.Endpoint, Region: f.Region, Profile: f.Profile, CAFile: f.CAFile}.Open(ctx)
	if err != nil {
		return nil, err
	}
	return iam.NewFromConfig(cl.Config, func(o *iam.Options) { o.BaseEndpoint = cl.Config.BaseEndpoint }), nil
}

// local is a client through the socket of a data directory.
func (f *keysFlags) local() (*iam.Client, error) {
	data, err := dataDir(f.Data)
	if err != nil {
		return nil, err
	}
	c, err := dialLocal(data)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%s is not yours: say this as its owner, with sudo perhaps", data)
	case err != nil:
		return nil, fmt.Errorf("no grue of %s runs: start it with 'grue up --data %s'", data, data)
	}
	c.Close()
	return iam.New(iam.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://localhost"), Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient: &http.Client{Transport: &http.Transport{
			DialContext:       func(context.Context, string, string) (net.Conn, error) { return dialLocal(data) },
			DisableKeepAlives: true,
		}},
	}), nil
}

func (f *keysFlags) explain(err error) error {
	var unreachable *client.Unreachable
	switch {
	case client.Is(err, "InvalidClientTokenId") || client.Is(err, "SignatureDoesNotMatch"):
		return fmt.Errorf("%w; on the machine of that grue 'grue keys create --data DIR' needs no key", client.Explain(err))
	case errors.As(err, &unreachable):
		return unreachable
	case errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOENT):
		return fmt.Errorf("no grue of %s runs", f.Data)
	}
	return err
}

// keysCreateCmd is `grue keys create`.
type keysCreateCmd struct {
	User string `arg:"" optional:"" help:"IAM user, made when there is none." default:"grue"`
	keysFlags
}

// Run makes a key.
func (c *keysCreateCmd) Run(s *streams) error {
	ctx, stop := s.context()
	defer stop()
	api, err := c.open(ctx)
	if err != nil {
		return err
	}
	done := s.doing("making a key")
	defer done()
	_, err = api.CreateUser(ctx, &iam.CreateUserInput{UserName: &c.User})
	if err != nil && !client.Is(err, "EntityAlreadyExists") {
		return c.explain(err)
	}
	out, err := api.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &c.User})
	done()
	if client.Is(err, "LimitExceeded") {
		return fmt.Errorf("the user %s has two keys already, which is the most: see 'grue keys list' and 'grue keys revoke', or name another user", c.User)
	}
	if err != nil {
		return c.explain(err)
	}
	k := out.AccessKey
	if c.JSON {
		return printJSON(s.out, map[string]string{"user": c.User, "accessKeyId": aws.ToString(k.AccessKeyId), "secretAccessKey": aws.ToString(k.SecretAccessKey)})
	}
	fmt.Fprintf(s.out, "export AWS_ACCESS_KEY_ID=%s\nexport AWS_SECRET_ACCESS_KEY=%s\n", aws.ToString(k.AccessKeyId), aws.ToString(k.SecretAccessKey))
	fmt.Fprintln(s.err, "the secret is shown only now: keep it where nobody else reads it")
	return nil
}

// keyLine is a key as it is listed.
type keyLine struct {
	User    string    `json:"user"`
	ID      string    `json:"accessKeyId"`
	Status  string    `json:"status"` // Active or Inactive
	Created time.Time `json:"createdAt"`
}

// keysListCmd is `grue keys list`.
type keysListCmd struct{ keysFlags }

// Run lists.
func (c *keysListCmd) Run(s *streams) error {
	ctx, stop := s.context()
	defer stop()
	_, list, err := c.all(ctx, s)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, list)
	}
	if len(list) == 0 {
		fmt.Fprintln(s.err, "there are no keys; 'grue keys create' makes one")
		return nil
	}
	t := table{head: []string{"USER", "KEY", "STATUS", "CREATED"}}
	for _, k := range list {
		t.add(k.User, k.ID, k.Status, k.Created.Local().Format(time.DateTime))
	}
	return t.print(s.out)
}

// all opens the API and lists the keys of all users.
func (f *keysFlags) all(ctx context.Context, s *streams) (*iam.Client, []keyLine, error) {
	api, err := f.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer s.doing("asking for keys")()
	list, err := allKeys(ctx, api)
	if err != nil {
		return nil, nil, f.explain(err)
	}
	return api, list, nil
}

// allKeys are the keys of all users.
func allKeys(ctx context.Context, api *iam.Client) ([]keyLine, error) {
	list := []keyLine{}
	for users := iam.NewListUsersPaginator(api, &iam.ListUsersInput{}); users.HasMorePages(); {
		page, err := users.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, u := range page.Users {
			out, err := api.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: u.UserName}) // at most two
			if err != nil {
				return nil, err
			}
			for _, k := range out.AccessKeyMetadata {
				list = append(list, lineOf(k))
			}
		}
	}
	return list, nil
}

func lineOf(k types.AccessKeyMetadata) keyLine {
	return keyLine{aws.ToString(k.UserName), aws.ToString(k.AccessKeyId), string(k.Status), aws.ToTime(k.CreateDate)}
}

// keysRevokeCmd is `grue keys revoke`.
type keysRevokeCmd struct {
	ID string `arg:"" name:"key" help:"Access key ID, as 'grue keys list' shows it."`
	keysFlags
}

// Run revokes.
func (c *keysRevokeCmd) Run(s *streams) error {
	ctx, stop := s.context()
	defer stop()
	api, list, err := c.all(ctx, s)
	if err != nil {
		return err
	}
	var ids []string
	for _, k := range list {
		if k.ID != c.ID {
			ids = append(ids, k.ID)
			continue
		}
		if _, err := api.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: &k.User, AccessKeyId: &k.ID}); err != nil {
			return c.explain(err)
		}
		fmt.Fprintf(s.out, "revoked %s of %s\n", k.ID, k.User)
		return nil
	}
	if ids == nil {
		return fmt.Errorf("there is no key %s; there are none at all", c.ID)
	}
	return fmt.Errorf("there is no key %s; there are %s", c.ID, strings.Join(ids, ", "))
}
