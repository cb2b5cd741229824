
# bits BLOCK: sets $bits to the network part of an address block as binary digits, after 4 or 6 for
# the IP version. A block contains another if the bits of the other begin with its bits.
bits() {
  local address=${1%/*} version=4 size=8 zeros='' missing=8 part i
  if [[ $address == *:* ]]; then
    version=6
    size=16
    for part in ${address//:/ }; do
      missing=$((missing - 1))
    done
    while [[ $missing -gt 0 ]]; do # :: replaces groups of zeros
      zeros="$zeros 0"
      missing=$((missing - 1))
    done
    address=${address/::/$zeros }
  fi
  bits=''
  for part in ${address//[.:]/ }; do
    if [[ $version -eq 6 ]]; then
      printf -v part %d "0x$part"
    fi
    for ((i = size - 1; i >= 0; i--)); do
      bits=$bits$(((part >> i) & 1))
    done
  done
  bits=$version${bits:0:${1#*/}}
}

# weigh BITS FIRST LAST ENTRIES: evaluates traffic to a block and a range of ports with entries of a
# network ACL, as read_acl prints them. As in AWS, the first entry that matches decides. If an entry
# matches a part of the traffic, weigh divides the traffic. It sets $passes if some of it is
# allowed, and $denier to the first entry that denies some of it.
weigh() {
  local these=$4 others block first last action number
  while [[ -n $these ]]; do
    read -r block first last action number <<<"$these"
    others=${these#*$'\n'}
    if [[ $first -gt $3 || $last -lt $2 || ($block != "$1"* && $1 != "$block"*) ]]; then
      these=$others
      continue
    fi
    if [[ $first -gt $2 ]]; then
      weigh "$1" "$2" $((first - 1)) "$others"
      weigh "$1" "$first" "$3" "$these"
    elif [[ $last -lt $3 ]]; then
      weigh "$1" "$2" "$last" "$these"
      weigh "$1" $((last + 1)) "$3" "$others"
    elif [[ ${#block} -gt ${#1} ]]; then
      weigh "${1}0" "$2" "$3" "$these"
      weigh "${1}1" "$2" "$3" "$these"
    elif [[ $action == allow ]]; then
      passes=yes
    else
      denier=${denier:-$number}
    fi
    return 0
  done
  denier=${denier:-*}
}

# read_acl ENTRIES DIRECTION: sets $relevant to the entries of one direction that TCP can match, one
# per line with its block, ports, action and number. They are in the order of their numbers.
read_acl() {
  local one direction number action protocol address size ports
  relevant=''
  for one in $1; do
    IFS=/ read -r direction number action protocol address size ports <<<"$one"
    [[ $direction != "$2" ]] && continue
    case $protocol in
      -1) ports=0-65535 ;;
      6) ;;
      *) continue ;;
    esac
    if [[ $number -ge 32767 ]]; then
      number='*'
    fi
    bits "$address/$size"
    relevant="$relevant$bits ${ports%-*} ${ports#*-} $action $number"$'\n'
  done
}

# acl_result ENTRIES TRAFFIC...: sets $value to what the entries of a network ACL do to the traffic:
# allowed, denied, or undecided if they deny a part of it. TRAFFIC is a direction, a range of ports
# and address blocks.
acl_result() {
  local entries=$1 one block direction ports list passes denier relevant bits
  shift
  if ! found "$entries"; then
    value='undecided: AWS shows no network ACL of this subnet'
    return 0
  fi
  value=allowed
  for one in "$@"; do
    read -r direction ports list <<<"$one"
    read_acl "$entries" "$direction"
    passes=''
    denier=''
    for block in $list; do
      bits "$block"
      weigh "$bits" "${ports%-*}" "${ports#*-}" "$relevant"
    done
    if [[ -n $denier && -z $passes ]]; then
      value="denied by entry $denier: $direction $ports"
      return 0
    fi
    if [[ -n $denier && $value == allowed ]]; then
      value="undecided: entry $denier denies a part of $direction $ports"
    fi
  done
}

# check_acl LIST NAME CHANGE TEXT TRAFFIC...: checks what a network ACL allows. The row contains its entries.
check_acl() {
  local change=$3 text=$4
  row_value "$1" "$2" ''
  shift 4
  acl_result "$value" "$@"
  conclude "$change" allowed "$text"
}
