package aws

import "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

var elbv2Client = register("elbv2", elasticloadbalancingv2.ServiceID, elasticloadbalancingv2.NewFromConfig, traits{permission: "elasticloadbalancing", xml: true, required: map[string][]string{
	"CreateListener":     {"Listeners.ListenerArn"},
	"CreateLoadBalancer": {"LoadBalancers.LoadBalancerArn"},
	"CreateTargetGroup":  {"TargetGroups.TargetGroupArn"},
}})

var _ = operate("elbv2", func(reads, repeats, _ *elasticloadbalancingv2.Client) operations {
	return operations{
		"CreateListener":        single(repeats.CreateListener), // AWS rejects a second listener on the port
		"CreateLoadBalancer":    single(repeats.CreateLoadBalancer),
		"CreateTargetGroup":     single(repeats.CreateTargetGroup),
		"DeleteListener":        single(repeats.DeleteListener),
		"DeleteLoadBalancer":    single(repeats.DeleteLoadBalancer),
		"DeleteTargetGroup":     single(repeats.DeleteTargetGroup),
		"DeregisterTargets":     single(repeats.DeregisterTargets),
		"DescribeListeners":     paged(elasticloadbalancingv2.NewDescribeListenersPaginator)(reads),
		"DescribeLoadBalancers": paged(elasticloadbalancingv2.NewDescribeLoadBalancersPaginator)(reads),
		"DescribeTargetGroups":  paged(elasticloadbalancingv2.NewDescribeTargetGroupsPaginator)(reads),
		"DescribeTargetHealth":  single(reads.DescribeTargetHealth),
		"RegisterTargets":       single(repeats.RegisterTargets),
	}
})
