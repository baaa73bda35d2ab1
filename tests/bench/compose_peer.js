// The same work as bench_compose.c does, by Node's usual modules: fill in the
// values of a mail, rewrite its links, compile the message.  Prints messages a
// second of processor time.
'use strict';
const fs = require('fs');
const Mustache = require('mustache');
const cheerio = require('cheerio');
const MailComposer = require('nodemailer/lib/mail-composer');

// Values go back where they came from, so that there is something to fill in.
const values = {
	name: 'Ana Pérez', number: 'PF-1042', date: '21 de noviembre de 2026',
	amount: '$\u00a012.345,67', brand: 'Alojar Sur',
};
let template = fs.readFileSync(process.argv[2], 'utf8');
for (const [key, value] of Object.entries(values))
	template = template.split(value).join(`{{${key}}}`);
const textTemplate = template.replace(/<style[^]*?<\/style>|<[^>]*>/g, '')
	.replace(/\n\s*\n+/g, '\n\n');
Mustache.parse(template);
Mustache.parse(textTemplate);

const token = 'AQABAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

function compose() {
	const $ = cheerio.load(Mustache.render(template, values));
	$('a[href], area[href]').each((i, e) => {
		const url = $(e).attr('href');
		if (!url.startsWith('https://alojarsur.example/'))
			return;
		$(e).attr('href', 'https://t.alojarsur.example/c/' + token +
			'/' + Buffer.from(url).toString('base64url'));
	});
	$('body').append('<img src="https://t.alojarsur.example/o/x" alt="">');
	const mail = new MailComposer({
		from: 'Alojar Sur <avisos@alojarsur.example>',
		to: 'Ana Pérez <ana@cliente.example>',
		subject: 'Recordatorio: ' + values.number,
		html: $.html(),
		text: Mustache.render(textTemplate, values),
		textEncoding: 'quoted-printable',
	});
	return new Promise((resolve, reject) => mail.compile().build(
		(err, bytes) => err ? reject(err) : resolve(bytes)));
}

(async () => {
	for (let i = 0; i < 50; i++)
		await compose();
	const n = 400, start = process.cpuUsage();
	for (let i = 0; i < n; i++)
		await compose();
	const used = process.cpuUsage(start);
	const s = (used.user + used.system) / 1e6;
	console.log((n / s).toFixed(1));
})();
