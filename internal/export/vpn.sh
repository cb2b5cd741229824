
# openssl_there ends the script before any change if openssl is missing.
openssl_there() {
  if ! command -v openssl >/dev/null 2>&1; then
    stop 1 'openssl was not found on the PATH; it is needed to create the certificates. Nothing was changed.'
  fi
}

# private_folder FOLDER: creates a folder for keys: only this user can open it, and git ignores what is in it. Its
# .gitignore shows that a run created it, and its mode is then set again. The user must make any other folder private.
private_folder() {
  local ignore="$1/.gitignore"
  if [[ ! -e $1 && ! -L $1 ]] && ! mkdir -m 700 "$1"; then
    stop 2 "The folder $1 cannot be created."
  fi
  if [[ -L $1 || ! -d $1 ]]; then
    stop 2 "$1 is a link or not a folder. Rename it and run again."
  fi
  if [[ -s $ignore && $(<"$ignore") == '*' ]]; then
    chmod 700 "$1" || true # the mode decides
  fi
  if [[ $(ls -ld "$1") != d???--[-S]--[-T]* ]]; then
    stop 2 "Other users can open the folder $1. Run chmod 700 $1, or rename the folder, and run again."
  fi
  if [[ ! -s $ignore ]]; then # of a new folder, or of a run that was killed
    printf '*\n' >"$ignore"
  fi
}

# make_vpn KEYS NAME: creates a CA, and the certificates and keys of a Client VPN's server and client, all RSA 2048, in
# the folder KEYS. Existing ones are used again. The key of the CA is deleted, so it cannot issue further certificates.
make_vpn() {
  local file
  if [[ $mode != apply ]]; then
    return 0
  fi
  if [[ -d $1 ]]; then
    for file in ca.pem server.pem server.key client.pem client.key; do
      if [[ ! -f $1/$file ]]; then
        stop 1 "The folder $1 does not contain $file. Add the file, or rename the folder to create new certificates."
      fi
    done
    return 0
  fi
  say "  creating certificates and keys in the folder $1"
  (
    umask 077
    making=$(mktemp -d "${1%/*}/.keys.XXXXXX")
    nested="$1/${making##*/}" # another run may create KEYS at the same time; both then use its keys
    trap 'rm -rf "$making" "$nested"' EXIT
    printf '%s\n' '[req]' 'distinguished_name = name' '[name]' \
      '[ca]' 'basicConstraints = critical, CA:TRUE' 'keyUsage = critical, keyCertSign, cRLSign' 'subjectKeyIdentifier = hash' >"$making/openssl.cnf"
    run_openssl req -x509 -newkey rsa:2048 -nodes -sha256 -config "$making/openssl.cnf" -extensions ca -subj "/CN=ca.$2" -days 3650 \
      -keyout "$making/ca.key" -out "$making/ca.pem"
    for file in server client; do
      printf '%s\n' 'basicConstraints = critical, CA:FALSE' 'keyUsage = critical, digitalSignature, keyEncipherment' \
        "extendedKeyUsage = ${file}Auth" "subjectAltName = DNS:$file.$2" 'authorityKeyIdentifier = keyid' >"$making/extensions"
      run_openssl req -newkey rsa:2048 -nodes -sha256 -config "$making/openssl.cnf" -subj "/CN=$file.$2" \
        -keyout "$making/$file.key" -out "$making/$file.csr"
      run_openssl x509 -req -sha256 -in "$making/$file.csr" -CA "$making/ca.pem" -CAkey "$making/ca.key" -set_serial "0x$(openssl rand -hex 16)" \
        -days 825 -extfile "$making/extensions" -out "$making/$file.pem"
    done
    rm -f "$making/ca.key" "$making/openssl.cnf" "$making/extensions" "$making/server.csr" "$making/client.csr"
    mv "$making" "$1"
  )
  if [[ ! -d $1 ]]; then # old versions of bash go on after a subshell that failed
    stop 1 "The folder $1 was not created."
  fi
  sync || true # the keys cannot be had again, so they must be on the disk before AWS receives the certificates
}

# run_openssl ARGUMENTS: shows the messages of openssl only if it fails.
run_openssl() {
  if ! openssl "$@" 2>"$errors"; then
    say "$(<"$errors")"
    stop 1 "openssl $1 failed."
  fi
}

# vpn_ready FILE KEYS CLIENT OTHER LOST: ends the script before its first change if nobody could connect, if the folder of
# FILE is not private, if FILE exists and is not the one of the Client VPN $id, or if it could not be written at the end.
# CLIENT is the client's certificate. If it exists already, its key must be in the folder KEYS.
vpn_ready() {
  local part="${1%/*}/.${1##*/}"
  if [[ $3 != "$unknown" && -z $id && ! -d $2 ]]; then
    stop 2 "$5"
  fi
  if [[ $mode == apply ]]; then
    private_folder "${1%/*}"
  fi
  if [[ -e $1 ]]; then
    if ! vpn_file_of "$1" "$id"; then
      stop 2 "$4"
    fi
  elif [[ $mode == apply ]]; then
    if ! (printf '%65536s' '' >"$part"); then
      rm -f "$part"
      stop 2 "$1 cannot be written."
    fi
    rm -f "$part"
  fi
}

# vpn_file_of FILE ENDPOINT: whether FILE is the configuration of a client of ENDPOINT.
vpn_file_of() { [[ -n $2 ]] && grep -Eq "^[[:blank:]]*remote[[:blank:]]+([^[:blank:]]+[.])?$2[.]" "$1"; }

# plain_serial NUMBER: prints a serial number. ACM and openssl write colons, letters and leading zeros differently.
plain_serial() { printf '%s' "${1//:/}" | tr a-f A-F | sed 's/^0*//'; }

# save_vpn FILE LABEL KEYS ENDPOINT SERIAL: writes the answer, the configuration of a Client VPN's clients, to FILE, and
# adds LABEL before the host. SERIAL is the number of the client's certificate in ACM. The folder KEYS has that
# certificate and its key, which are added; then KEYS is removed. Without SERIAL only the user knows them. A complete
# file is kept. The next arguments are the messages for a kept file, a file with a key, a file without one, a file of
# another endpoint, a lost key, a file that is not complete yet, and a kept file in the current folder, where earlier
# versions wrote it.
save_vpn() {
  local part="${1%/*}/.${1##*/}" earlier=${1##*/} serial
  if [[ -e $1 ]]; then
    if ! vpn_file_of "$1" "$4"; then
      stop 1 "$9"
    fi
    if [[ -n $5 ]] && ! grep -q '<key>' "$1"; then
      stop 1 "${10}"
    fi
    if [[ -f $3/client.key && $(<"$1") == *"$(<"$3/client.key")"* ]]; then
      remove_vpn "$3" # a run that was killed left it
    fi
    say "$6"
    return 0
  fi
  if [[ -f $earlier ]] && vpn_file_of "$earlier" "$4" && grep -q '<key>' "$earlier"; then
    say "${12}"
    return 0
  fi
  if [[ -n $5 ]]; then
    if [[ ! -f $3/client.pem || ! -f $3/client.key ]]; then
      stop 1 "${10}"
    fi
    serial=$(run_openssl x509 -noout -serial -in "$3/client.pem")
    if [[ $(plain_serial "${serial#serial=}") != "$(plain_serial "$5")" ]]; then
      stop 1 "${10} The folder $3 contains the key of another certificate."
    fi
  fi
  if ! found "$reply"; then
    stop 1 "${11}"
  fi
  if ! (umask 077 && vpn_config "$2" "$5" "$3" >"$part" && { sync || true; } && mv "$part" "$1"); then
    rm -f "$part"
    stop 1 "$1 was not written. ${11}"
  fi
  if [[ -n $5 ]]; then
    remove_vpn "$3"
    say "$7"
  else
    say "$8"
  fi
}

# vpn_config LABEL SERIAL KEYS: prints the complete file.
vpn_config() {
  printf '%s\n' "$reply" | sed "s/^remote /remote $1./" || return 1
  if [[ -n $2 ]]; then
    printf '<cert>\n%s\n</cert>\n<key>\n%s\n</key>\n' "$(<"$3/client.pem")" "$(<"$3/client.key")"
  fi
}

# remove_vpn KEYS: removes the certificates and keys, and those that killed runs did not complete, but nothing that
# others added.
remove_vpn() {
  rm -f "$1/ca.pem" "$1/server.pem" "$1/server.key" "$1/client.pem" "$1/client.key"
  rmdir "$1" 2>/dev/null || true
  rm -rf "${1%/*}"/.keys.*
}
