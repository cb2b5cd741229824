#!/usr/bin/env bash
#
# Private endpoints: a script made by PrivateLink Wizard.
# For ecs-fargate, by version 1.0.0 from answers.yaml.
#
# Account: 123456789012
# Region: eu-central-1
# VPC: main (vpc-0a1)
#
# It keeps, and verifies that these still exist:
#   - vpc-attribute/dns-support: DNS support is on
#
# It adds no cost.
#
# It finds each resource before it creates it, so it can be run again at any time. It never
# deletes, replaces or restricts what it did not create. It needs bash 3.2 or newer and the
# AWS CLI, version 1 or 2. Try it first with --dry-run; see also --help.

set -euo pipefail

account=123456789012
region=eu-central-1
dry_run=no

# The script reads the answers, so the CLI must not use a pager or prompts.
export AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off

unknown='not-created-yet'       # id of anything that does not exist yet
doing=''                        # current step, for the final message
row=''                          # current change
made=''                         # completed changes
errors=''                       # temporary file for the AWS CLI's stderr
drafted=''                      # temporary file with the first part of the next call
answered=''                     # temporary file with the answer to a call that changes something
reply=''                        # AWS's answer to the last call
problem=''                      # AWS's error message
duplicate=''                    # AWS's message that a resource already exists
warned=''                       # the last warning shown
surveyed=no                     # whether the last call about several changes was made
id=''                           # id of the resource that was found or created
never=''                        # states that are final failures
pending=''                      # endpoints that are not ready
broken=''                       # endpoints that will never be ready
trying=''                       # call that is in progress
sending=no                      # whether a call that changes something is in flight
signal=''                       # name of the signal that ends the script
cost=''                         # what the current change adds to the monthly bill
costs=''                        # what was created and costs money
back=''                         # step that reverts what must not remain
input=''                        # input of the next call
once=no                         # whether the next call must not be made again by the AWS CLI
created=no                      # whether the last call of this script created $id
other=''                        # resource of another run that is kept instead
unchanged=''                    # changes with a value that AWS holds already
retry_on=''                     # text in an error after which the next call is retried
undo=no                         # whether something exists that must not remain
verdicts=''                     # results of the verification, one per line
refused=0                       # changes that a dry run found not allowed
untried=0                       # changes that a dry run cannot try
failed=0                        # claims that do not hold
value=''                        # what AWS shows for a claim
unproven=0                      # claims that are not verified

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
      say 'Supported: --dry-run, --help.'
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
trap 'signaled SIGINT' INT
trap 'signaled SIGTERM' TERM
trap 'signaled SIGHUP' HUP
errors=$(mktemp "${TMPDIR:-/tmp}/privatelink-wizard.XXXXXX")
drafted=$(mktemp "${TMPDIR:-/tmp}/privatelink-wizard.XXXXXX")
answered=$(mktemp "${TMPDIR:-/tmp}/privatelink-wizard.XXXXXX")

# --- Check the account ---

doing='reading the account of the credentials from AWS'
ask sts get-caller-identity --query Account
if [[ $reply != "$account" ]]; then
  stop 2 "These credentials belong to account $reply, but this script is for account $account."
fi

# --- Compare the account with the plan ---
# The answer to each query has two lines for each change: the id of what the plan needs, and
# how something else in its place differs. Such a difference ends the script here, before it
# changes anything.
doing='comparing the account with the plan'
say "$doing"
id_vpc_attribute_dns_support=$unknown
find_1() {
  survey '' ec2 describe-vpc-attribute \
    --attribute enableDnsSupport \
    --vpc-id vpc-0a1 \
    --query "[
  [EnableDnsSupport.Value && 'vpc-0a1'],
  [join('; ', [([@][?VpcId].[VpcId, join(', ', [
    EnableDnsSupport.Value || 'enableDnsSupport is off (plan: on)'][?type(@)=='string'])])[?[1]].join(': ', @)][])]
]"
  place id_vpc_attribute_dns_support vpc-attribute/dns-support 1 1 vpc-0a1
}
find_1

# --- vpc-attribute/dns-support ---
# DNS support is on.
begin vpc-attribute/dns-support 'DNS support is on'
recall id_vpc_attribute_dns_support find_1
if [[ -n $id ]]; then
  same
else
  deleted vpc-0a1
fi
id_vpc_attribute_dns_support=$id

# A dry run ends here: nothing was changed, so there is nothing to wait for or verify.
if [[ $dry_run == yes ]]; then
  doing=''
  if [[ $refused -gt 0 ]]; then
    stop 1 "Dry run: nothing was changed. Rejected changes: $refused"
  fi
  say "Dry run: nothing was changed, and AWS rejected no change that could be tried. Changes that cannot be tried: $untried"
  exit 0
fi

# --- Result ---
result vpc-attribute/dns-support "$id_vpc_attribute_dns_support"
doing=''
if [[ $failed -gt 0 ]]; then
  stop 1 "All changes are applied, but the verification failed. Claims that do not hold: $failed"
fi
say 'Applied. The plan has nothing to verify.'
