# All types of resources and data sources that the sandbox supports. The provider compares its answers with this configuration.
# The account has a public hosted zone for example.com.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region = var.region
}

variable "region" {
  type = string
}

variable "zone" {
  type = string
}

variable "password" {
  type      = string
  ephemeral = true
  default   = "letmein-letmein"
}

data "aws_caller_identity" "current" {}

# Network
resource "aws_vpc" "main" {
  cidr_block           = "10.77.0.0/16"
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = "tf" }
}

resource "aws_subnet" "private" {
  for_each          = { a = "10.77.0.0/24", b = "10.77.1.0/24" }
  vpc_id            = aws_vpc.main.id
  cidr_block        = each.value
  availability_zone = "${var.region}${each.key}"
  tags              = { Name = "private-${each.key}" }
}

resource "aws_subnet" "public" {
  vpc_id                  = aws_vpc.main.id
  cidr_block              = "10.77.2.0/24"
  availability_zone       = "${var.region}a"
  map_public_ip_on_launch = true
}

resource "aws_internet_gateway" "main" {
  tags = { Name = "tf" }
}

resource "aws_internet_gateway_attachment" "main" {
  internet_gateway_id = aws_internet_gateway.main.id
  vpc_id              = aws_vpc.main.id
}

resource "aws_eip" "nat" {
  domain     = "vpc"
  tags       = { Name = "nat" }
  depends_on = [aws_internet_gateway_attachment.main]
}

resource "aws_nat_gateway" "main" {
  allocation_id = aws_eip.nat.allocation_id
  subnet_id     = aws_subnet.public.id
  tags          = { Name = "nat" }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id
  tags   = { Name = "public" }
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.main.id
  tags   = { Name = "private" }
}

resource "aws_route_table_association" "public" {
  subnet_id      = aws_subnet.public.id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table_association" "private" {
  for_each       = aws_subnet.private
  subnet_id      = each.value.id
  route_table_id = aws_route_table.private.id
}

resource "aws_route" "public" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway_attachment.main.internet_gateway_id
}

resource "aws_route" "private" {
  route_table_id         = aws_route_table.private.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.main.id
}

resource "aws_flow_log" "main" {
  vpc_id                   = aws_vpc.main.id
  traffic_type             = "ALL"
  log_destination_type     = "s3"
  log_destination          = "arn:aws:s3:::flow-logs-123456789012"
  max_aggregation_interval = 60
  tags                     = { Name = "tf" }
}

# Security groups
resource "aws_security_group" "endpoints" {
  name        = "tf-endpoints"
  description = "Endpoints"
  vpc_id      = aws_vpc.main.id
  tags        = { Name = "tf-endpoints" }
}

resource "aws_security_group" "app" {
  name        = "tf-app"
  description = "Application"
  vpc_id      = aws_vpc.main.id
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  security_group_id            = aws_security_group.endpoints.id
  referenced_security_group_id = aws_security_group.app.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  description                  = "HTTPS from the application"
  tags                         = { Name = "app" }
}

resource "aws_vpc_security_group_ingress_rule" "cidr" {
  security_group_id = aws_security_group.endpoints.id
  cidr_ipv4         = "10.77.0.0/16"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "app" {
  security_group_id = aws_security_group.app.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  security_group_id = aws_security_group.app.id
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# Endpoints
locals {
  policy = {
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = ["ecr:GetAuthorizationToken", "ecr:BatchGetImage"]
      Resource  = "*"
      Condition = { StringEquals = { "aws:PrincipalAccount" = [data.aws_caller_identity.current.account_id] } }
    }]
  }
}

resource "aws_vpc_endpoint" "ecr" {
  vpc_id              = aws_vpc.main.id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${var.region}.ecr.api"
  subnet_ids          = [for s in aws_subnet.private : s.id]
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true
  policy              = jsonencode(local.policy)
  tags                = { Name = "ecr" }
}

resource "aws_vpc_endpoint" "logs" {
  vpc_id              = aws_vpc.main.id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${var.region}.logs"
  private_dns_enabled = false
  security_group_ids  = [aws_security_group.endpoints.id]
  subnet_ids          = [aws_subnet.private["a"].id]
  lifecycle {
    ignore_changes = [private_dns_enabled, policy, security_group_ids, subnet_ids]
  }
}

resource "aws_vpc_endpoint_private_dns" "logs" {
  vpc_endpoint_id     = aws_vpc_endpoint.logs.id
  private_dns_enabled = true
}

resource "aws_vpc_endpoint_policy" "logs" {
  vpc_endpoint_id = aws_vpc_endpoint.logs.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "logs:*", Resource = "*" }]
  })
}

# The provider waits a minute before each of these.
resource "aws_vpc_endpoint_subnet_association" "logs" {
  vpc_endpoint_id = aws_vpc_endpoint.logs.id
  subnet_id       = aws_subnet.private["b"].id
}

resource "aws_vpc_endpoint_security_group_association" "logs" {
  vpc_endpoint_id   = aws_vpc_endpoint.logs.id
  security_group_id = aws_security_group.app.id
}

# No value for private DNS.
resource "aws_vpc_endpoint" "sqs" {
  vpc_id             = aws_vpc.main.id
  vpc_endpoint_type  = "Interface"
  service_name       = "com.amazonaws.${var.region}.sqs"
  subnet_ids         = [aws_subnet.private["a"].id]
  security_group_ids = [aws_security_group.endpoints.id]
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.main.id
  vpc_endpoint_type = "Gateway"
  service_name      = "com.amazonaws.${var.region}.s3"
  route_table_ids   = [aws_route_table.private.id]
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::prod-${var.region}-starport-layer-bucket/*" }]
  })
  tags = { Name = "s3" }
}

resource "aws_vpc_endpoint" "dynamodb" {
  vpc_id       = aws_vpc.main.id
  service_name = "com.amazonaws.${var.region}.dynamodb"
}

resource "aws_vpc_endpoint_route_table_association" "dynamodb" {
  vpc_endpoint_id = aws_vpc_endpoint.dynamodb.id
  route_table_id  = aws_route_table.private.id
}

# Logs, secrets, roles and hosts
resource "aws_cloudwatch_log_group" "app" {
  name = "/tf/app"
  tags = { Name = "tf" }
}

resource "aws_cloudwatch_log_group" "kept" {
  name              = "/tf/kept"
  retention_in_days = 30
}

resource "aws_secretsmanager_secret" "registry" {
  name                    = "tf/registry"
  description             = "Credentials"
  recovery_window_in_days = 0
  tags                    = { Name = "tf" }
}

resource "aws_secretsmanager_secret_version" "registry" {
  secret_id                = aws_secretsmanager_secret.registry.id
  secret_string_wo         = jsonencode({ username = "team", password = var.password })
  secret_string_wo_version = 1
}

resource "aws_iam_role" "execution" {
  name        = "tf-execution"
  description = "Execution role"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = ["ecs-tasks.amazonaws.com", "ec2.amazonaws.com"] }, Action = "sts:AssumeRole" }]
  })
  tags = { Name = "tf" }
}

resource "aws_iam_role_policy" "secrets" {
  name = "secrets"
  role = aws_iam_role.execution.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = aws_secretsmanager_secret.registry.arn }]
  })
}

resource "aws_iam_role_policy_attachment" "execution" {
  for_each   = toset(["service-role/AmazonECSTaskExecutionRolePolicy", "AmazonSSMManagedInstanceCore"])
  role       = aws_iam_role.execution.name
  policy_arn = "arn:aws:iam::aws:policy/${each.value}"
}

resource "aws_iam_instance_profile" "host" {
  name = "tf-host"
  role = aws_iam_role.execution.name
  tags = { Name = "tf" }
}

resource "aws_instance" "host" {
  ami                    = data.aws_ssm_parameter.image.value
  instance_type          = "t3.micro"
  subnet_id              = aws_subnet.private["a"].id
  vpc_security_group_ids = [aws_security_group.app.id]
  iam_instance_profile   = aws_iam_instance_profile.host.name
  metadata_options {
    http_tokens = "required"
  }
  tags       = { Name = "tf" }
  depends_on = [aws_iam_role_policy_attachment.execution]
}

# Containers
resource "aws_ecs_cluster" "main" {
  name = "tf"
  tags = { Name = "tf" }
}

resource "aws_ecs_task_definition" "app" {
  family                   = "tf-app"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = "256"
  memory                   = "512"
  execution_role_arn       = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name         = "app"
    image        = "123456789012.dkr.ecr.${var.region}.amazonaws.com/app:1"
    essential    = true
    portMappings = [{ containerPort = 8080, protocol = "tcp" }]
    secrets      = [{ name = "TOKEN", valueFrom = aws_secretsmanager_secret.registry.arn }]
    logConfiguration = {
      logDriver = "awslogs"
      options   = { awslogs-group = aws_cloudwatch_log_group.app.name, awslogs-region = var.region, awslogs-stream-prefix = "app" }
    }
  }])
  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }
  tags = { Name = "tf" }
}

resource "aws_ecs_service" "app" {
  name                   = "app"
  cluster                = aws_ecs_cluster.main.arn
  task_definition        = aws_ecs_task_definition.app.arn
  desired_count          = 1
  launch_type            = "FARGATE"
  enable_execute_command = true
  network_configuration {
    subnets          = [for s in aws_subnet.private : s.id]
    security_groups  = [aws_security_group.app.id]
    assign_public_ip = false
  }
  tags       = { Name = "tf" }
  depends_on = [aws_route_table_association.private]
}

resource "aws_batch_compute_environment" "jobs" {
  compute_environment_name = "tf-jobs"
  type                     = "MANAGED"
  compute_resources {
    type               = "FARGATE"
    max_vcpus          = 4
    subnets            = [for s in aws_subnet.private : s.id]
    security_group_ids = [aws_security_group.app.id]
  }
  tags = { Name = "tf" }
}

resource "aws_batch_job_queue" "jobs" {
  name     = "tf-jobs"
  state    = "ENABLED"
  priority = 1
  compute_environment_order {
    order               = 1
    compute_environment = aws_batch_compute_environment.jobs.arn
  }
  tags = { Name = "tf" }
}

resource "aws_batch_job_definition" "job" {
  name                  = "tf-job"
  type                  = "container"
  platform_capabilities = ["FARGATE"]
  container_properties = jsonencode({
    image            = "123456789012.dkr.ecr.${var.region}.amazonaws.com/app:1"
    command          = ["true"]
    executionRoleArn = aws_iam_role.execution.arn
    resourceRequirements = [
      { type = "VCPU", value = "0.25" },
      { type = "MEMORY", value = "512" },
    ]
    networkConfiguration = { assignPublicIp = "DISABLED" }
  })
  tags = { Name = "tf" }
}

data "aws_ssm_parameter" "image" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

# Load balancer
resource "aws_acm_certificate" "web" {
  domain_name       = "tf.example.com"
  validation_method = "DNS"
  tags              = { Name = "tf" }
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = {
    for o in aws_acm_certificate.web.domain_validation_options : o.domain_name => o
  }
  zone_id = var.zone
  name    = each.value.resource_record_name
  type    = each.value.resource_record_type
  records = [each.value.resource_record_value]
  ttl     = 300
}

resource "aws_acm_certificate_validation" "web" {
  certificate_arn         = aws_acm_certificate.web.arn
  validation_record_fqdns = [for r in aws_route53_record.validation : r.fqdn]
}

resource "aws_lb" "web" {
  name               = "tf-web"
  internal           = true
  load_balancer_type = "application"
  subnets            = [for s in aws_subnet.private : s.id]
  security_groups    = [aws_security_group.app.id]
  tags               = { Name = "tf" }
}

resource "aws_lb_target_group" "web" {
  name        = "tf-web"
  vpc_id      = aws_vpc.main.id
  target_type = "ip"
  protocol    = "HTTPS"
  port        = 443
  health_check {
    protocol = "HTTPS"
    path     = "/"
    matcher  = "200,302"
  }
  tags = { Name = "tf" }
}

resource "aws_lb_target_group_attachment" "web" {
  target_group_arn = aws_lb_target_group.web.arn
  target_id        = "10.77.0.200"
  port             = 443
}

resource "aws_lb_listener" "web" {
  load_balancer_arn = aws_lb.web.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = aws_acm_certificate_validation.web.certificate_arn
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.web.arn
  }
  tags = { Name = "tf" }
}

resource "aws_route53_record" "web" {
  zone_id = var.zone
  name    = "tf.example.com"
  type    = "A"
  alias {
    zone_id                = aws_lb.web.zone_id
    name                   = aws_lb.web.dns_name
    evaluate_target_health = false
  }
}

# Data sources
data "aws_vpc" "main" {
  id = aws_vpc.main.id
}

data "aws_vpc" "tagged" {
  filter {
    name   = "tag:Name"
    values = [aws_vpc.main.tags.Name]
  }
}

data "aws_subnet" "a" {
  id = aws_subnet.private["a"].id
}

data "aws_security_group" "app" {
  id = aws_security_group.app.id
}

data "aws_vpc_security_group_rule" "app" {
  security_group_rule_id = aws_vpc_security_group_egress_rule.app.security_group_rule_id
}

data "aws_vpc_endpoint" "s3" {
  id = aws_vpc_endpoint.s3.id
}

data "aws_vpc_endpoint" "ecr" {
  vpc_id       = aws_vpc.main.id
  service_name = aws_vpc_endpoint.ecr.service_name
}

data "aws_lb" "web" {
  arn = aws_lb.web.arn
}

data "aws_lb" "named" {
  name = aws_lb.web.name
}

data "aws_lb_listener" "web" {
  arn = aws_lb_listener.web.arn
}

data "aws_lb_target_group" "web" {
  arn = aws_lb_target_group.web.arn
}

data "aws_acm_certificate" "web" {
  domain     = aws_acm_certificate.web.domain_name
  statuses   = ["ISSUED"]
  depends_on = [aws_acm_certificate_validation.web]
}

data "aws_iam_role" "execution" {
  name = aws_iam_role.execution.name
}

data "aws_secretsmanager_secret" "registry" {
  arn = aws_secretsmanager_secret.registry.arn
}
