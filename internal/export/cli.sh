
# new_cli VERSION1 VERSION2 WHAT: ends the script before any change if the AWS CLI is older than
# these versions, which are the first ones of the major versions 1 and 2 that know WHAT.
new_cli() {
  local i version='' least=$2 has needs
  version=$(aws --version 2>&1) || version=''
  version=${version#aws-cli/}
  version=${version%% *}
  if [[ ! $version =~ ^[0-9]+\.[0-9]+\.[0-9]+ ]]; then
    stop 1 "aws --version shows no version. $3 need version $1 or $2 of the AWS CLI, or a newer one. Nothing was changed."
  fi
  [[ $version != 1.* ]] || least=$1
  IFS=. read -r -a has <<<"${BASH_REMATCH[0]}"
  IFS=. read -r -a needs <<<"$least"
  for i in 0 1 2; do
    if ((10#${has[i]} > needs[i])); then
      return
    elif ((10#${has[i]} < needs[i])); then
      stop 1 "$3 need version $1 or $2 of the AWS CLI, or a newer one. This one is $version. Nothing was changed."
    fi
  done
}
