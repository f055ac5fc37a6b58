package client

// Flags say which ECS, cluster and identity a verb means. Every verb that is a
// client embeds them.
type Flags struct {
	Cluster  string `short:"c" help:"Cluster, by name or ARN." default:"default" env:"GRUE_CLUSTER" placeholder:"NAME"`
	Endpoint string `help:"Endpoint of the API. Default: AWS_ENDPOINT_URL, then the grue of this machine, http://127.0.0.1:4566." placeholder:"URL"`
	AWS      bool   `name:"aws" help:"Use Amazon ECS itself, with the ordinary AWS credentials."`
	Region   string `help:"Region. Default: AWS_REGION, then the profile's, then us-east-1." placeholder:"REGION"`
	Profile  string `help:"Profile of ~/.aws/config and ~/.aws/credentials." placeholder:"NAME"`
	CAFile   string `name:"ca-file" help:"Certificate (PEM) that the endpoint is trusted by, as DATA/tls/cert.pem of a grue with TLS. Default: AWS_CA_BUNDLE." placeholder:"FILE"`
}
