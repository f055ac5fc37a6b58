// Package ec2 answers the networking part of Amazon EC2, as far as ECS and
// those who set it up need it: VPCs, subnets, security groups, route tables,
// gateways, addresses, network ACLs, and views of interfaces and instances.
//
//	Terraform, CDK, CLI ─► Service ─► records in the store, by account and region
//	                          ▲
//	   Options: CIDRs of the task network, interfaces of tasks, this machine
//
// Each account and region has a default VPC from the start, with a subnet in
// each of three zones. These are the subnets that tasks really get their
// addresses from. Other VPCs are kept and described exactly, but tasks that name
// their subnets run in the task network all the same; security groups, routes
// and ACLs are records, not packet filters.
//
// The members of this package's own Input and Output structs carry the names of
// EC2's wire: requests with a capital, answers with a small letter. The SDK's
// EC2 package has a thousand operations and would double the binary.
//
// resource.go holds what all kinds share: find, list, filter, tag. Then one file
// a kind. seed.go makes the default VPC.
package ec2
