
# openssl_there ends the script before any change if openssl is missing.
openssl_there() {
  if ! command -v openssl >/dev/null 2>&1; then
    stop 1 'openssl was not found on the PATH; it is needed to create the certificates. Nothing was changed.'
  fi
}

# make_vpn FOLDER NAME: creates a CA, and the certificates and keys of a Client VPN's server and
# client, all RSA 2048. Existing ones are used again. The key of the CA is deleted, so it cannot
# issue further certificates.
make_vpn() {
  local file
  if [[ $dry_run == yes ]]; then
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
    making=$(mktemp -d "$1.XXXXXX")
    trap 'rm -rf "$making"' EXIT
    {
      printf '[req]\ndistinguished_name = name\n[name]\n'
      printf '[ca]\nbasicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign, cRLSign\nsubjectKeyIdentifier = hash\n'
      printf '[%s]\nbasicConstraints = critical, CA:FALSE\nkeyUsage = critical, digitalSignature, keyEncipherment\nextendedKeyUsage = %sAuth\nsubjectAltName = DNS:%s\nauthorityKeyIdentifier = keyid\n' \
        server server "server.$2" client client "client.$2"
    } >"$making/openssl.cnf"
    run_openssl genrsa -out "$making/ca.key" 2048
    run_openssl req -new -x509 -sha256 -config "$making/openssl.cnf" -extensions ca -subj "/CN=ca.$2" -days 3650 -key "$making/ca.key" -out "$making/ca.pem"
    for file in server client; do
      run_openssl genrsa -out "$making/$file.key" 2048
      run_openssl req -new -sha256 -config "$making/openssl.cnf" -subj "/CN=$file.$2" -key "$making/$file.key" -out "$making/$file.csr"
      run_openssl x509 -req -sha256 -in "$making/$file.csr" -CA "$making/ca.pem" -CAkey "$making/ca.key" -set_serial "0x$(openssl rand -hex 16)" -days 825 \
        -extfile "$making/openssl.cnf" -extensions "$file" -out "$making/$file.pem"
    done
    rm -f "$making/ca.key" "$making/openssl.cnf" "$making/server.csr" "$making/client.csr"
    mv "$making" "$1"
  )
  sync || true # the keys cannot be had again, so they must be on the disk before AWS receives the certificates
}

# run_openssl ARGUMENTS: shows the messages of openssl only if it fails.
run_openssl() {
  if ! openssl "$@" 2>"$errors"; then
    say "$(<"$errors")"
    stop 1 "openssl $1 failed."
  fi
}

# vpn_ready FILE FOLDER KEPT OTHER LOST: ends the script before its first change if FILE could not be
# written at the end, if FILE exists and is not the one of the Client VPN $id, or if nobody could
# connect: KEPT shows whether the client's certificate exists already, so that its key must exist too.
vpn_ready() {
  if [[ -e $1 ]]; then
    if ! vpn_file_of "$1" "$id"; then
      stop 2 "$4"
    fi
    return 0
  fi
  if [[ $3 == yes && -z $id && ! -d $2 ]]; then
    stop 2 "$5"
  fi
  if [[ $dry_run == no ]] && ! (
    trying_to_write=$(mktemp ".wizard.XXXXXX")
    trap 'rm -f "$trying_to_write"' EXIT
    printf '%65536s' '' >"$trying_to_write"
  ); then
    stop 2 "$1 cannot be written to this folder."
  fi
}

# vpn_file_of FILE ENDPOINT: whether FILE is the configuration of a client of ENDPOINT.
vpn_file_of() {
  local word host rest
  while read -r word host rest; do
    if [[ $word == remote && -n $2 && ".$host." == *".$2."* ]]; then
      return 0
    fi
  done <"$1"
  return 1
}

# same_serial NUMBER NUMBER: whether two serial numbers are equal. ACM and openssl write them
# differently.
same_serial() {
  local number out=''
  for number in "$@"; do
    number=$(printf '%s' "${number//:/}" | tr a-f A-F)
    while [[ $number == 0* ]]; do
      number=${number#0}
    done
    if [[ -n $out && $out != "$number" ]]; then
      return 1
    fi
    out=$number
  done
}

# save_vpn FILE LABEL FOLDER ENDPOINT SERIAL: writes the answer, the configuration of a Client VPN's
# clients, to a file that only this user can read, and adds LABEL before the host. SERIAL is the number
# of the client's certificate in ACM. FOLDER has that certificate and its key, which are added; then it
# is removed. Without SERIAL only the user knows them. A complete file is kept. The next arguments are
# the messages for a kept file, a file with a key, a file without one, a file of another endpoint, a
# lost key, and a file that is not complete yet.
save_vpn() {
  local part=".$1" serial=''
  if [[ -e $1 ]]; then
    if ! vpn_file_of "$1" "$4"; then
      stop 1 "$9"
    fi
    if [[ -n $5 && $(<"$1") != *'<key>'* ]]; then
      stop 1 "${10}"
    fi
    if [[ -f $3/client.key && $(<"$1") == *"$(<"$3/client.key")"* ]]; then
      remove_vpn "$3" # a run that was killed left it
    fi
    say "$6"
    return 0
  fi
  if [[ -n $5 ]]; then
    if [[ ! -f $3/client.pem || ! -f $3/client.key ]]; then
      stop 1 "${10}"
    fi
    serial=$(run_openssl x509 -noout -serial -in "$3/client.pem")
    if ! same_serial "${serial#serial=}" "$5"; then
      stop 1 "${10} The folder $3 contains the key of another certificate."
    fi
    part="$3/.$1"
  fi
  if ! found "$reply"; then
    stop 1 "${11}"
  fi
  # A link never replaces a file. Not all file systems have links.
  if ! (
    umask 077
    rm -f "$part" && # of a run that was killed
      vpn_config "$2" "$5" "$3" >"$part" && { sync || true; } &&
      { ln "$part" "$1" 2>/dev/null || { [[ ! -e $1 ]] && mv "$part" "$1"; }; } &&
      rm -f "$part"
  ); then
    stop 1 "$1 was not written. ${11}"
  fi
  if [[ -n $5 ]]; then
    remove_vpn "$3"
    say "$7"
  else
    say "$8"
  fi
}

# vpn_config LABEL SERIAL FOLDER: prints the complete file.
vpn_config() {
  printf '%s\n' "$reply" | sed "s/^remote /remote $1./" || return 1
  if [[ -n $2 ]]; then
    printf '<cert>\n%s\n</cert>\n<key>\n%s\n</key>\n' "$(<"$3/client.pem")" "$(<"$3/client.key")"
  fi
}

# remove_vpn FOLDER: removes the certificates and keys, but nothing that others added.
remove_vpn() {
  rm -f "$1/ca.pem" "$1/server.pem" "$1/server.key" "$1/client.pem" "$1/client.key"
  rmdir "$1" 2>/dev/null || true
}
