#!/usr/bin/env bash
#
# Private endpoints: a script made by PrivateLink Wizard.
# For ecs-fargate, by version 1.0.0 from answers.yaml.
#
# Account: 123456789012
# Region: eu-central-1
# VPC: main (vpc-0a1)
#
# It keeps, after a look whether it is still there:
#   - vpc-attribute/dns-support: DNS support is on
#
# It adds nothing to the bill.
#
# It looks for each thing before it makes it, so it can be run again at any time. It never
# deletes, replaces or narrows anything. It needs bash 3.2 or newer and the AWS CLI, version
# 1 or 2. Try it first with --dry-run; --help says more.

set -euo pipefail

account=123456789012
region=eu-central-1
dry_run=no

# Answers are read here, so the CLI must neither page nor ask.
export AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off

unknown='not-made-in-a-dry-run' # stands for the id of what a dry run would make
doing=''                        # what is being done, for the words at the end
row=''                          # the row that it belongs to
made=''                         # what was done so far
errors=''                       # file that takes AWS's words where it refuses
drafted=''                      # file that holds what the next call begins with
reply=''                        # AWS's answer to the last call
problem=''                      # AWS's words, where it refused
duplicate=''                    # AWS's words, where it said that a thing is there
warned=''                       # the last warning shown
id=''                           # the id that was found or made
never=''                        # states that never get better
pending=''                      # endpoints that are not ready
broken=''                       # endpoints that never will be
trying=''                       # the change that is under way
input=''                        # what is piped into the next call
undo=no                         # whether something is there that must not stay
verdicts=''                     # what was measured, a line each
refused=0                       # changes that a dry run would not be allowed
untried=0                       # changes that a dry run cannot try
failed=0                        # claims that do not hold

# All of functions.sh comes here.

while [[ $# -gt 0 ]]; do
  case $1 in
    --dry-run) dry_run=yes ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      say "$0: unknown argument $1"
      say 'Only --dry-run and --help are known.'
      exit 2
      ;;
  esac
  shift
done

if ! command -v aws >/dev/null 2>&1; then
  say 'The AWS CLI was not found: the command aws must be on the PATH.'
  exit 1
fi

trap finish EXIT
trap 'exit 130' INT TERM HUP
errors=$(mktemp "${TMPDIR:-/tmp}/privatelink-wizard.XXXXXX")
drafted=$(mktemp "${TMPDIR:-/tmp}/privatelink-wizard.XXXXXX")

# --- Is this the right account? ---

doing='asking AWS whose credentials these are'
ask sts get-caller-identity --query Account
if [[ $reply != "$account" ]]; then
  stop 2 "These credentials belong to account $reply, but this script is for account $account."
fi

# --- vpc-attribute/dns-support ---
# DNS support is on.
begin vpc-attribute/dns-support 'DNS support is on'
look ec2 describe-vpc-attribute \
  --attribute enableDnsSupport \
  --vpc-id vpc-0a1 \
  --query "EnableDnsSupport.Value && 'vpc-0a1'"
if [[ -n $id ]]; then
  same
else
  gone vpc-0a1
fi
id_vpc_attribute_dns_support=$id

# A dry run ends here: nothing was changed, so there is nothing to wait for or prove.
if [[ $dry_run == yes ]]; then
  doing=''
  if [[ $refused -gt 0 ]]; then
    stop 1 "Dry run: nothing was changed. Refused changes: $refused"
  fi
  say "Dry run: nothing was changed, and AWS refused nothing that could be tried. Not to be tried beforehand: $untried"
  exit 0
fi

# --- Result ---
result vpc-attribute/dns-support "$id_vpc_attribute_dns_support"
doing=''
if [[ $failed -gt 0 ]]; then
  stop 1 "All rows are done, but claims that do not hold: $failed"
fi
say 'Done. The plan holds no claims to prove.'
