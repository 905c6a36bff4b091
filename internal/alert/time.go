package alert

// appendTime appends Unix milliseconds in RFC 3339 with milliseconds, which is what the kernel gives, in UTC.
// time.Time's own way took a tenth of the time to print an event.
func appendTime(dst []byte, msec int64) []byte {
	days, rest := msec/86_400_000, msec%86_400_000
	if rest < 0 {
		days, rest = days-1, rest+86_400_000
	}
	y, m, d := civil(days)
	dst = append(digits(dst, y, 4), '-')
	dst = append(digits(dst, m, 2), '-')
	dst = append(digits(dst, d, 2), 'T')
	dst = append(digits(dst, rest/3_600_000, 2), ':')
	dst = append(digits(dst, rest/60_000%60, 2), ':')
	dst = append(digits(dst, rest/1000%60, 2), '.')
	return append(digits(dst, rest%1000, 3), 'Z')
}

// civil turns days since 1970 into a date. Source: H. Hinnant, chrono-compatible low-level date algorithms.
func civil(days int64) (y, m, d int64) {
	days += 719_468 // since 0000-03-01
	era := days / 146_097
	if days < 0 {
		era = (days - 146_096) / 146_097
	}
	doe := days - era*146_097
	yoe := (doe - doe/1460 + doe/36_524 - doe/146_096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d, m, y = doy-(153*mp+2)/5+1, mp+3, yoe+era*400
	if m > 12 {
		m -= 12
	}
	if m <= 2 {
		y++
	}
	return y, m, d
}

// digits appends v with n digits, of which the first are 0.
func digits(dst []byte, v int64, n int) []byte {
	var buf [20]byte
	for i := n - 1; i >= 0; i-- {
		buf[i] = '0' + byte(v%10)
		v /= 10
	}
	return append(dst, buf[:n]...)
}
