/* oracle answers for libpcre2-8, over pipes, so that the differential tests need no cgo.
 *
 * Request:  u32 options, u32 pattern length, u32 number of subjects, pattern, then for each subject: u32 length, bytes.
 * Response: i32 compile error (0: compiled). If compiled: for each subject i32 rc, then rc pairs of i32 offsets if rc > 0.
 * Integers are little-endian, as on every machine that these tests run on. Options are those of pcre2_compile. What was
 * answered is sent when there is no request left to read, or much of it: so requests may be sent ahead. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static unsigned char *pattern, *subject;
static unsigned char in[1 << 16];
static size_t in_at, in_end;

static int read_all(void *to, size_t n)
{
	unsigned char *p = to;
	while (n > 0) {
		if (in_at == in_end) {
			struct pollfd wait = {.fd = 0, .events = POLLIN};
			if (poll(&wait, 1, 0) == 0)
				fflush(stdout);
			ssize_t got = read(0, in, sizeof in);
			if (got <= 0)
				return 0;
			in_at = 0;
			in_end = got;
		}
		*p++ = in[in_at++];
		n--;
	}
	return 1;
}

static void put(int32_t v) { fwrite(&v, 4, 1, stdout); }

static void answer(pcre2_code *code, size_t length, pcre2_match_data *data, pcre2_match_context *limits)
{
	int rc = pcre2_match(code, subject, length, 0, 0, data, limits);
	put(rc);
	PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(data);
	for (int i = 0; i < 2 * rc; i++)
		put(offsets[i] == PCRE2_UNSET ? -1 : (int32_t)offsets[i]);
}

int main(void)
{
	uint32_t head[3], length;
	pcre2_match_context *limits = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(limits, 20000);
	pcre2_set_heap_limit(limits, 65536);
	while (read_all(head, sizeof head)) {
		int error;
		PCRE2_SIZE offset;
		pattern = realloc(pattern, head[1] + 1);
		if (!read_all(pattern, head[1]))
			return 1;
		pcre2_code *code = pcre2_compile(pattern, head[1], head[0], &error, &offset, NULL);
		put(code ? 0 : error);
		pcre2_match_data *data = code ? pcre2_match_data_create_from_pattern(code, NULL) : NULL;
		for (uint32_t i = 0; i < head[2]; i++) {
			if (!read_all(&length, 4))
				return 1;
			subject = realloc(subject, length + 1);
			if (!read_all(subject, length))
				return 1;
			if (code)
				answer(code, length, data, limits);
		}
		pcre2_match_data_free(data);
		pcre2_code_free(code);
	}
	fflush(stdout);
	return 0;
}
