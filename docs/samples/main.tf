# Private endpoints: Terraform code made by PrivateLink Wizard.

# For ecs-fargate, by version dev from answers.yaml.
#
# Account: 123456789012
# Region: us-east-1
# VPC: prod (vpc-0a1b2c3d4e5f60001)
#
# Created from a sandbox account: it works only with that sandbox (wizard sandbox serve
# --scenario closed), not in an AWS account.
#
# README.md says how to apply and verify it. What is kept is only read (data), so that
# terraform destroy never deletes it.

# security-group/endpoints: Create a security group for the endpoints.
# Why: The endpoints' network interfaces need a security group that allows TCP 443 from the
# workload. A separate group leaves existing groups unchanged.
# Rules: G-SG443
resource "aws_security_group" "endpoints" {
  vpc_id      = var.vpc_id
  name        = "privatelink-wizard-endpoints"
  description = "HTTPS to VPC endpoints, made by PrivateLink Wizard"

  tags = merge(var.tags, { Name = "privatelink-wizard-endpoints" })
}

resource "aws_vpc_security_group_egress_rule" "endpoints_all_outbound" {
  security_group_id = aws_security_group.endpoints.id
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
  description       = "All traffic, as in each new security group"
}

# security-group-rule/endpoints/in/10.0.0.0/16: Allow TCP 443 from 10.0.0.0/16 to the
# endpoints' group.
# Why: Endpoints listen on TCP 443, and a security group without rules allows no inbound
# traffic. Private DNS changes the path for the whole VPC. 7 network interfaces of other
# clients would be blocked without this rule, so it allows the whole VPC.
# Rules: G-SG443, G-SHUTOUT
resource "aws_vpc_security_group_ingress_rule" "endpoints_in_10_0_0_0_16" {
  security_group_id = aws_security_group.endpoints.id
  cidr_ipv4         = "10.0.0.0/16"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  description       = "HTTPS from the VPC"

  depends_on = [
    aws_vpc_security_group_egress_rule.endpoints_all_outbound,
  ]
}

# endpoint/s3: Create the s3 gateway endpoint in 1 route table.
# Why: Used for Amazon ECR image layers and for files in Amazon S3. Tasks pull private
# images from Amazon ECR. Without internet access, this needs both ECR endpoints and the S3
# gateway endpoint. Found: web:7 pulls
# 123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1.4.2. A gateway endpoint adds a route
# and has no hourly price. Amazon ECR needs it for image layers.
# Rules: G-TYPE, E-ECRPAIR
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = var.vpc_id
  service_name      = "com.amazonaws.${var.region}.s3"
  route_table_ids   = ["rtb-0a1b2c3d4e5f61001"]
  vpc_endpoint_type = "Gateway"

  tags = merge(var.tags, { Name = "privatelink-wizard s3" })
}

# endpoint/ecr.api: Create the ecr.api interface endpoint in us-east-1a, us-east-1b,
# us-east-1c.
# Why: Used for the Amazon ECR API: credentials and image manifests. Ping does not test an
# interface endpoint: test TCP 443. Each endpoint provides 10 Gbps per Availability Zone and
# scales up to 100 Gbps, with packets of up to 8,500 bytes.
# Rules: G-TYPE, E-ECRPAIR
resource "aws_vpc_endpoint" "ecr_api" {
  vpc_id              = var.vpc_id
  service_name        = "com.amazonaws.${var.region}.ecr.api"
  subnet_ids          = var.subnet_ids
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true
  ip_address_type     = "ipv4"
  vpc_endpoint_type   = "Interface"

  tags = merge(var.tags, { Name = "privatelink-wizard ecr.api" })

  depends_on = [
    aws_vpc_security_group_egress_rule.endpoints_all_outbound,
    aws_vpc_security_group_ingress_rule.endpoints_in_10_0_0_0_16,
    aws_vpc_endpoint.s3,
  ]
}

# endpoint/ecr.dkr: Create the ecr.dkr interface endpoint in us-east-1a, us-east-1b,
# us-east-1c.
# Why: Used for downloads of images from Amazon ECR.
# Rules: G-TYPE, E-ECRPAIR
resource "aws_vpc_endpoint" "ecr_dkr" {
  vpc_id              = var.vpc_id
  service_name        = "com.amazonaws.${var.region}.ecr.dkr"
  subnet_ids          = var.subnet_ids
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true
  ip_address_type     = "ipv4"
  vpc_endpoint_type   = "Interface"

  tags = merge(var.tags, { Name = "privatelink-wizard ecr.dkr" })

  depends_on = [
    aws_vpc_security_group_egress_rule.endpoints_all_outbound,
    aws_vpc_security_group_ingress_rule.endpoints_in_10_0_0_0_16,
    aws_vpc_endpoint.s3,
  ]
}

# endpoint/secretsmanager: Create the secretsmanager interface endpoint in us-east-1a,
# us-east-1b, us-east-1c.
# Why: Used for secrets and registry credentials. Tasks read secrets from Secrets Manager
# when they start. Found: web:7 reads secretsmanager secret:prod/web/db-AbCdEf.
# Rules: G-TYPE, E-SECRETS
resource "aws_vpc_endpoint" "secretsmanager" {
  vpc_id              = var.vpc_id
  service_name        = "com.amazonaws.${var.region}.secretsmanager"
  subnet_ids          = var.subnet_ids
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true
  ip_address_type     = "ipv4"
  vpc_endpoint_type   = "Interface"

  tags = merge(var.tags, { Name = "privatelink-wizard secretsmanager" })

  depends_on = [
    aws_vpc_security_group_egress_rule.endpoints_all_outbound,
    aws_vpc_security_group_ingress_rule.endpoints_in_10_0_0_0_16,
  ]
}

# endpoint/logs: Create the logs interface endpoint in us-east-1a, us-east-1b, us-east-1c.
# Why: Used for CloudWatch Logs and the awslogs driver. Tasks write to CloudWatch Logs.
# Without a connection to it they may not start, or lose their logs. Found: container web of
# web:7.
# Rules: G-TYPE, E-LOGS
resource "aws_vpc_endpoint" "logs" {
  vpc_id              = var.vpc_id
  service_name        = "com.amazonaws.${var.region}.logs"
  subnet_ids          = var.subnet_ids
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true
  ip_address_type     = "ipv4"
  vpc_endpoint_type   = "Interface"

  tags = merge(var.tags, { Name = "privatelink-wizard logs" })

  depends_on = [
    aws_vpc_security_group_egress_rule.endpoints_all_outbound,
    aws_vpc_security_group_ingress_rule.endpoints_in_10_0_0_0_16,
  ]
}

# --- Existing resources that the plan keeps ---

# vpc-attribute/dns-support: DNS support is enabled for the VPC.
# vpc-attribute/dns-hostnames: DNS hostnames are enabled for the VPC.
data "aws_vpc" "vpc" {
  id = var.vpc_id

  lifecycle {
    postcondition {
      condition     = self.enable_dns_support
      error_message = "The VPC no longer has enable_dns_support. The endpoints need it for their private names. Create a new plan."
    }

    postcondition {
      condition     = self.enable_dns_hostnames
      error_message = "The VPC no longer has enable_dns_hostnames. The endpoints need it for their private names. Create a new plan."
    }
  }
}
