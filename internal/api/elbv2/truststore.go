package elbv2

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/wire"
)

func noTrustStore() error {
	return wire.Errorf("TrustStoreNotFoundException", "One or more trust stores not found")
}

// DescribeTrustStores lists no trust stores: listeners do not verify clients'
// certificates.
func (s *Service) DescribeTrustStores(_ context.Context, in *elasticloadbalancingv2.DescribeTrustStoresInput) (*elasticloadbalancingv2.DescribeTrustStoresOutput, error) {
	if len(in.TrustStoreArns)+len(in.Names) > 0 {
		return nil, noTrustStore()
	}
	return &elasticloadbalancingv2.DescribeTrustStoresOutput{TrustStores: []types.TrustStore{}}, nil
}

// DescribeTrustStoreAssociations finds no trust store.
func (s *Service) DescribeTrustStoreAssociations(context.Context, *elasticloadbalancingv2.DescribeTrustStoreAssociationsInput) (*elasticloadbalancingv2.DescribeTrustStoreAssociationsOutput, error) {
	return nil, noTrustStore()
}

// DescribeTrustStoreRevocations finds no trust store.
func (s *Service) DescribeTrustStoreRevocations(context.Context, *elasticloadbalancingv2.DescribeTrustStoreRevocationsInput) (*elasticloadbalancingv2.DescribeTrustStoreRevocationsOutput, error) {
	return nil, noTrustStore()
}

// CreateTrustStore is refused.
func (s *Service) CreateTrustStore(context.Context, *elasticloadbalancingv2.CreateTrustStoreInput) (*elasticloadbalancingv2.CreateTrustStoreOutput, error) {
	return nil, notPermitted("Trust stores are not available in this version of grue: listeners do not verify clients' certificates")
}

// DeleteTrustStore finds no trust store.
func (s *Service) DeleteTrustStore(context.Context, *elasticloadbalancingv2.DeleteTrustStoreInput) (*elasticloadbalancingv2.DeleteTrustStoreOutput, error) {
	return nil, noTrustStore()
}
