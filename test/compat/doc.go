// Package compat drives a real grue with the clients that users have: boto3, the
// AWS CLI, the AWS SDK for JavaScript. The scripts in testdata read as users
// write them; nothing in them knows of grue but AWS_ENDPOINT_URL.
package compat
