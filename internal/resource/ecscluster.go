package resource

import "github.com/privatelink-wizard/privatelink-wizard/internal/terms"

// ECSCluster is a cluster of Amazon ECS for tasks on AWS Fargate. Amazon ECS creates its service-linked role
// AWSServiceRoleForECS with the first cluster or service of an account.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles.html
type ECSCluster struct {
	Name string            `aws:"ClusterName"`
	Tags map[string]string `aws:"Tags"`
}

// Terms implements Spec.
func (ECSCluster) Terms() []*terms.Term { return []*terms.Term{terms.Verification} }

// Kind implements Spec.
func (ECSCluster) Kind() string { return "ecs-cluster" }

// Cells implements Spec.
func (s ECSCluster) Cells(Names, Change) Cells {
	return Cells{"ECS cluster", s.Name, "", "Fargate"}
}

func (s ECSCluster) claims(Change) []Claim {
	return []Claim{{Says: "ECS cluster " + s.Name + " is active", Measure: ClusterActive{}}}
}

func (s ECSCluster) terraform(a Change) Declared {
	if a.Op == Keep {
		return data("aws_ecs_cluster", "cluster_name", s.Name)
	}
	return block("aws_ecs_cluster", snaked(s, "ClusterName", "name"))
}

// Steps implements Spec. Amazon ECS can show a deleted cluster as INACTIVE for some time.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteCluster.html
func (s ECSCluster) Steps(a Change) Steps {
	in := map[string]any{"clusters": []any{s.Name}}
	id, other := place("clusters", "clusterArn", expr("status!='INACTIVE'"), needs(expr("status=='ACTIVE'"), "'its status is '", "status", "' (plan: ACTIVE)'"))
	find := ecs("DescribeClusters", in, id)
	if a.Op == Keep {
		return Steps{Find: &find, Other: other}
	}
	remove := ecs("DeleteCluster", map[string]any{"cluster": From(a.ID)}, nil, "ClusterNotFoundException")
	remove.Busy = "ClusterContainsTasksException" // a task can still be stopping when its service is INACTIVE
	return Steps{
		Find: &find, Other: other,
		Do:    []Call{ecs("CreateCluster", withTags(map[string]any{"clusterName": s.Name}, s.Tags), expr("cluster.clusterArn"))},
		Until: &Until{Call: ecs("DescribeClusters", in, expr("clusters[].[clusterArn, status]")), Want: "ACTIVE", Fail: []string{"FAILED"}, Every: 5, Limit: 300},
		Undo:  []Call{remove}, Stays: "Amazon ECS can show cluster " + s.Name + " as INACTIVE for some time after it is deleted.",
		Deleted: &Until{Call: ecs("DescribeClusters", in, expr("clusters[].[clusterArn, status]")), Want: "INACTIVE", Missing: "INACTIVE", Every: 5, Limit: 300},
	}
}

// ClusterActive claims that an ECS cluster is active.
type ClusterActive struct{}

// Kind implements Measure.
func (ClusterActive) Kind() ClaimKind { return "ecs-cluster" }

func (ClusterActive) check(_ Claim, a *Change) (Check, bool) { return found(a) }

func ecs(op string, in map[string]any, out []Value, done ...string) Call {
	return Call{Service: "ecs", Op: op, In: in, Out: out, Done: done}
}

// withTags adds tags to a request of Amazon ECS. Without tags it adds no field.
func withTags(in map[string]any, tags map[string]string) map[string]any {
	var out []any
	for _, t := range tagList(tags) {
		t := t.(map[string]any)
		out = append(out, map[string]any{"key": t["Key"], "value": t["Value"]})
	}
	if len(out) > 0 {
		in["tags"] = out
	}
	return in
}

func (s ECSCluster) cloudFormation(a Change) Declared {
	return Declared{Blocks: []Block{{Type: "AWS::ECS::Cluster", Fields: requested(a), Output: "Arn"}}}
}
