module github.com/auditpy/auditpy/tools/regexpeer

go 1.26.0

require github.com/dlclark/regexp2 v1.11.5
