# Cyrus, Courier and Exim in a root of their own: what is laid over / here is seen by nobody else.
# $1: a folder with the unpacked packages   $2: an empty folder
# $3 $4 $5 $6: ports for Exim, Cyrus IMAP, Cyrus POP3, Courier IMAP
# People: anna (good everywhere), carl (Courier: his home is missing), fault (Exim: no backend).
set -e
packages=$1 place=$2
if [ -z "$6" ]; then exit 2; fi
if [ -z "$7" ]; then
    mount -t tmpfs tmpfs "$place"
    mkdir "$place/upper" "$place/work" "$place/root" "$place/packages"
    cp -a "$packages/." "$place/packages/"
    mount -t overlay overlay \
        -o "lowerdir=$place/packages:/,upperdir=$place/upper,workdir=$place/work" "$place/root"
    mount -t proc proc "$place/root/proc"
    mount --rbind /dev "$place/root/dev"
    cp "$0" "$place/root/foreign.sh"
    exec chroot "$place/root" /bin/bash /foreign.sh "$1" "$2" "$3" "$4" "$5" "$6" inside
fi
exim=$3 imap=$4 pop3=$5 courier=$6
cat >> /etc/passwd <<END
Debian-exim:x:9101:9101::/var/spool/exim4:/bin/false
cyrus:x:9102:8::/var/spool/cyrus:/bin/false
courier:x:9103:9103::/var/lib/courier:/bin/false
END
cat >> /etc/group <<END
Debian-exim:x:9101:
courier:x:9103:
END
mkdir -p /etc/exim4 /var/spool/exim4 /var/lib/cyrus/db /var/lib/cyrus/socket \
    /var/spool/cyrus/mail /run/cyrus/proc /run/cyrus/lock /run/cyrus/socket \
    /run/courier/authdaemon /home/anna/Maildir/cur /home/anna/Maildir/new /home/anna/Maildir/tmp
chown -R 9101:9101 /var/spool/exim4
chown -R 9102:8 /var/lib/cyrus /var/spool/cyrus /run/cyrus
chown -R 9103:9103 /run/courier
chown -R 65534:65534 /home/anna

cat > /etc/exim4/lab.conf <<END
primary_hostname = exim.lab.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = $exim
auth_advertise_hosts = *
tls_advertise_hosts =
spool_directory = /var/spool/exim4
log_file_path = /var/spool/exim4/%slog
keep_environment =
acl_smtp_rcpt = rcpt
begin acl
rcpt:
  accept authenticated = *
  deny message = relay not permitted
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if eq{\$auth2}{fault}{no backend today}{\${if \
    and{{eq{\$auth2}{anna}}{eq{\$auth3}{secret}}}{yes}{no}}}}
END
/usr/sbin/exim4 -C /etc/exim4/lab.conf -bdf &

cat > /etc/imapd.conf <<END
configdirectory: /var/lib/cyrus
defaultpartition: default
partition-default: /var/spool/cyrus/mail
proc_path: /run/cyrus/proc
mboxname_lockpath: /run/cyrus/lock
servername: cyrus.lab.example
allowplaintext: yes
failedloginpause: 0
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: /etc/sasldb2
sasl_mech_list: PLAIN CRAM-MD5 SCRAM-SHA-256
autocreate_quota: 0
END
cat > /etc/cyrus.conf <<END
START {
  recover cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -r"
}
SERVICES {
  imap cmd="/usr/lib/cyrus/bin/imapd" listen="127.0.0.1:$imap" prefork=0 maxchild=20
  pop3 cmd="/usr/lib/cyrus/bin/pop3d" listen="127.0.0.1:$pop3" prefork=0 maxchild=20
}
EVENTS {
}
END
printf secret | /usr/sbin/saslpasswd2 -c -p -f /etc/sasldb2 -u cyrus.lab.example anna
chown cyrus /etc/sasldb2
/usr/lib/cyrus/bin/master -C /etc/imapd.conf -M /etc/cyrus.conf &

cat > /etc/courier/authdaemonrc <<END
authmodulelist="authuserdb"
authmodulelistorig="authuserdb"
daemons=1
authdaemonvar=/run/courier/authdaemon
END
hash=$(perl -e 'print crypt("secret", q($1$lab$))')
for person in anna carl; do
    printf '%s\tuid=65534|gid=65534|home=/home/%s|mail=/home/%s/Maildir|systempw=%s\n' \
        $person $person $person "$hash"
done > /etc/courier/userdb
chmod 600 /etc/courier/userdb
/usr/sbin/makeuserdb
/usr/lib/courier/courier-authlib/authdaemond &
set -a
. /etc/courier/imapd
set +a
/usr/sbin/couriertcpd -address=127.0.0.1 -maxprocs=20 -maxperip=20 -nodnslookup -noidentlookup \
    "$courier" /usr/lib/courier/courier/imaplogin /usr/bin/imapd Maildir &
wait
