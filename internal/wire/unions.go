package wire

import (
	acm "github.com/aws/aws-sdk-go-v2/service/acm/types"
	cloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	iam "github.com/aws/aws-sdk-go-v2/service/iam/types"
	ssm "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// The unions of the services that grue serves. TestModels and TestUnions fail
// when an update of the SDK brings one that is missing here.
func init() {
	registerECS()
	registerACM()
	registerOthers()
}

func registerECS() {
	RegisterUnion[ecs.DescribeGatewayConfiguration](&ecs.DescribeGatewayConfigurationMemberHostSharedAlb{})
	RegisterUnion[ecs.GatewayConfiguration](&ecs.GatewayConfigurationMemberHostSharedAlb{})
	RegisterUnion[ecs.GatewayConnectionResources](&ecs.GatewayConnectionResourcesMemberHostSharedAlb{})
	RegisterUnion[ecs.GatewayElbAccessLogDestination](&ecs.GatewayElbAccessLogDestinationMemberS3{})
	RegisterUnion[ecs.GatewayInfrastructureResources](&ecs.GatewayInfrastructureResourcesMemberHostSharedAlb{})
	RegisterUnion[ecs.GatewayRouteResources](&ecs.GatewayRouteResourcesMemberHostSharedAlb{})
	RegisterUnion[ecs.ServiceConnectContainerConfiguration](&ecs.ServiceConnectContainerConfigurationMemberLogLevel{})
	RegisterUnion[ecs.SharingStrategy](&ecs.SharingStrategyMemberNvidiaMps{})
	RegisterUnion[ecs.UpdateGatewayConfiguration](&ecs.UpdateGatewayConfigurationMemberHostSharedAlb{})
}

func registerACM() {
	RegisterUnion[acm.AcmCertificateMetadataFilter](
		&acm.AcmCertificateMetadataFilterMemberAcmeAccountId{},
		&acm.AcmCertificateMetadataFilterMemberAcmeEndpointArn{},
		&acm.AcmCertificateMetadataFilterMemberCertificateKeyPairOrigin{},
		&acm.AcmCertificateMetadataFilterMemberExported{},
		&acm.AcmCertificateMetadataFilterMemberExportOption{},
		&acm.AcmCertificateMetadataFilterMemberInUse{},
		&acm.AcmCertificateMetadataFilterMemberManagedBy{},
		&acm.AcmCertificateMetadataFilterMemberRenewalStatus{},
		&acm.AcmCertificateMetadataFilterMemberStatus{},
		&acm.AcmCertificateMetadataFilterMemberType{},
		&acm.AcmCertificateMetadataFilterMemberValidationMethod{},
	)
	RegisterUnion[acm.CertificateAuthority](&acm.CertificateAuthorityMemberPublicCertificateAuthority{})
	RegisterUnion[acm.CertificateFilter](
		&acm.CertificateFilterMemberAcmCertificateMetadataFilter{},
		&acm.CertificateFilterMemberCertificateArn{},
		&acm.CertificateFilterMemberX509AttributeFilter{},
	)
	RegisterUnion[acm.CertificateFilterStatement](
		&acm.CertificateFilterStatementMemberAnd{},
		&acm.CertificateFilterStatementMemberFilter{},
		&acm.CertificateFilterStatementMemberNot{},
		&acm.CertificateFilterStatementMemberOr{},
	)
	RegisterUnion[acm.CertificateMetadata](&acm.CertificateMetadataMemberAcmCertificateMetadata{})
	RegisterUnion[acm.GeneralName](
		&acm.GeneralNameMemberDirectoryName{},
		&acm.GeneralNameMemberDnsName{},
		&acm.GeneralNameMemberIpAddress{},
		&acm.GeneralNameMemberOtherName{},
		&acm.GeneralNameMemberRegisteredId{},
		&acm.GeneralNameMemberRfc822Name{},
		&acm.GeneralNameMemberUniformResourceIdentifier{},
	)
	RegisterUnion[acm.PrevalidationDetails](&acm.PrevalidationDetailsMemberDnsPrevalidation{})
	RegisterUnion[acm.PrevalidationOptions](&acm.PrevalidationOptionsMemberDnsPrevalidation{})
	RegisterUnion[acm.SubjectAlternativeNameFilter](&acm.SubjectAlternativeNameFilterMemberDnsName{})
	RegisterUnion[acm.SubjectFilter](&acm.SubjectFilterMemberCommonName{})
	RegisterUnion[acm.ValidationChallenge](
		&acm.ValidationChallengeMemberDnsValidationChallenge{},
		&acm.ValidationChallengeMemberEmailValidationChallenge{},
	)
	RegisterUnion[acm.X509AttributeFilter](
		&acm.X509AttributeFilterMemberExtendedKeyUsage{},
		&acm.X509AttributeFilterMemberKeyAlgorithm{},
		&acm.X509AttributeFilterMemberKeyUsage{},
		&acm.X509AttributeFilterMemberNotAfter{},
		&acm.X509AttributeFilterMemberNotBefore{},
		&acm.X509AttributeFilterMemberSerialNumber{},
		&acm.X509AttributeFilterMemberSubject{},
		&acm.X509AttributeFilterMemberSubjectAlternativeName{},
	)
}

func registerOthers() {
	RegisterUnion[cloudwatch.EvaluationWindow](&cloudwatch.EvaluationWindowMemberSlidingWindow{}, &cloudwatch.EvaluationWindowMemberWallClockWindow{})
	RegisterUnion[cloudwatch.EvaluationCriteria](&cloudwatch.EvaluationCriteriaMemberPromQLCriteria{})
	RegisterUnion[logs.IntegrationDetails](&logs.IntegrationDetailsMemberOpenSearchIntegrationDetails{})
	RegisterUnion[logs.ResourceConfig](&logs.ResourceConfigMemberOpenSearchResourceConfig{})
	RegisterUnion[iam.PolicyIdentifier](
		&iam.PolicyIdentifierMemberInlinePolicyIdentifier{},
		&iam.PolicyIdentifierMemberPolicyArn{},
		&iam.PolicyIdentifierMemberPolicyType{},
	)
	RegisterUnion[ssm.CloudConnectorConfiguration](&ssm.CloudConnectorConfigurationMemberAzureConfiguration{})
	RegisterUnion[ssm.ConfigurationTargets](&ssm.ConfigurationTargetsMemberSubscriptions{})
	RegisterUnion[ssm.ExecutionInputs](&ssm.ExecutionInputsMemberAutomation{})
	RegisterUnion[ssm.ExecutionPreview](&ssm.ExecutionPreviewMemberAutomation{})
	RegisterUnion[ssm.NodeType](&ssm.NodeTypeMemberInstance{})
}
