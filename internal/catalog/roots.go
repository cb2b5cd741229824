package catalog

import (
	"slices"
	"strings"
)

// Roots are what endpoint service names of AWS begin with, before the Region. The sources are "AWS
// services that integrate with AWS PrivateLink" in the AWS PrivateLink guide and, for partitions
// other than aws, the list of aws-cdk (packages/aws-cdk-lib/aws-ec2/lib/vpc-endpoint.ts).
var Roots = []string{
	"com.amazonaws", "cn.com.amazonaws", "eu.amazonaws", "aws.api", "api.aws", "aws.sagemaker",
	"gov.ic.c2s", "gov.sgov.sc2s", "gov.ic.hci.csp", "uk.adc-e.cloud",
}

// ownRoots lists, per Region or partition, the root of its own and the interface endpoint services
// that have it (aws-cdk). For China it holds the services outside the catalog, because Entry.China
// marks those of the catalog.
var ownRoots = map[string]struct{ root, codes string }{
	"aws-cn": {"cn.com.amazonaws", "appmesh-envoy-management athena awsconnector backup cassandra cloudcontrolapi codedeploy-commands-secure databrew dms ebs eks " +
		"elasticache elasticbeanstalk elasticfilesystem-fips emr-containers execute-api fsx imagebuilder iot.data kinesis-streams license-manager rds redshift " +
		"redshift-data s3 sagemaker.api sagemaker.featurestore-runtime sagemaker.runtime securityhub servicecatalog sms sync-states synthetics transcribe.cn transcribestreaming transfer"},
	"cn-north-1":     {"cn.com.amazonaws", "iotsitewise.api iotsitewise.data"},
	"cn-northwest-1": {"cn.com.amazonaws", "account polly workspaces"},
	"aws-eusc":       {"eu.amazonaws", "ecr.api ecr.dkr execute-api securityhub"},
	"us-iso-east-1": {"gov.ic.c2s", "application-autoscaling athena autoscaling comprehend diode-messaging diode-messaging-proxy ebs ec2 ecr.api ecr.dkr " +
		"elasticfilesystem elasticfilesystem-fips execute-api sagemaker.api sagemaker.runtime sns sqs textract textract-fips transcribe workspaces"},
	"us-iso-west-1": {"gov.ic.c2s", "autoscaling ebs ec2 ecr.api ecr.dkr elasticfilesystem elasticfilesystem-fips execute-api monitoring sns sqs workspaces"},
	"us-isob-east-1": {"gov.sgov.sc2s", "application-autoscaling autoscaling diode-messaging diode-messaging-proxy ebs ec2 ecr.api ecr.dkr elasticfilesystem " +
		"elasticfilesystem-fips execute-api sagemaker.api sagemaker.runtime sns sqs workspaces"},
	"us-isob-west-1": {"gov.sgov.sc2s", "ecr.api ecr.dkr elasticfilesystem-fips execute-api"},
	"aws-iso-f":      {"gov.ic.hci.csp", "ebs ecr.api ecr.dkr execute-api"},
	"aws-iso-e":      {"uk.adc-e.cloud", "ebs ecr.api ecr.dkr execute-api"},
}

// root returns what the name of an interface endpoint service begins with in a Region.
func (e Entry) root(partition, region string) string {
	if e.Type == Gateway {
		return "com.amazonaws"
	}
	if partition == "aws-cn" && e.China {
		return ownRoots[partition].root
	}
	for _, key := range [...]string{region, partition} {
		if own := ownRoots[key]; slices.Contains(strings.Fields(own.codes), e.Code) {
			return own.root
		}
	}
	return "com.amazonaws"
}

// RootPartitions returns the partitions that have services with a root, or nil if every partition
// can.
func RootPartitions(root string) []string {
	var out []string
	for key, own := range ownRoots {
		if own.root != root {
			continue
		}
		if p, ok := PartitionOf(key); ok {
			key = p.ID
		}
		if !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	return out
}
