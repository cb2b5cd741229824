package aws

import "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

var elbv2Client = register("elbv2", elasticloadbalancingv2.ServiceID, elasticloadbalancingv2.NewFromConfig, traits{xml: true, required: map[string][]string{
	"CreateListener":     {"Listeners.ListenerArn"},
	"CreateLoadBalancer": {"LoadBalancers.LoadBalancerArn"},
	"CreateTargetGroup":  {"TargetGroups.TargetGroupArn"},
}})

var _ = operate("elbv2", func(reads, writes *elasticloadbalancingv2.Client) operations {
	return operations{
		"CreateListener":        single(writes.CreateListener),
		"CreateLoadBalancer":    single(writes.CreateLoadBalancer),
		"CreateTargetGroup":     single(writes.CreateTargetGroup),
		"DeleteListener":        single(writes.DeleteListener),
		"DeleteLoadBalancer":    single(writes.DeleteLoadBalancer),
		"DeleteTargetGroup":     single(writes.DeleteTargetGroup),
		"DeregisterTargets":     single(writes.DeregisterTargets),
		"DescribeListeners":     paged(elasticloadbalancingv2.NewDescribeListenersPaginator)(reads),
		"DescribeLoadBalancers": paged(elasticloadbalancingv2.NewDescribeLoadBalancersPaginator)(reads),
		"DescribeTargetGroups":  paged(elasticloadbalancingv2.NewDescribeTargetGroupsPaginator)(reads),
		"DescribeTargetHealth":  single(reads.DescribeTargetHealth),
		"RegisterTargets":       single(writes.RegisterTargets),
	}
})
