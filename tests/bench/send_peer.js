// What bench_send.py measures, by Node's usual modules: a mail filled in, its
// links rewritten, signed with RSA-2048 and sent by pooled connections.
//
//	node send_peer.js MAIL.eml KEY.pem PORT MESSAGES
//
// MAIL is one that we sent: its texts, with some values put back as
// placeholders.  Prints messages a second.
'use strict';
const fs = require('fs');
const Mustache = require('mustache');
const cheerio = require('cheerio');
const nodemailer = require('nodemailer');
const { simpleParser } = require('mailparser');

const [mailPath, keyPath, port, count] = process.argv.slice(2);
const token = 'AQABAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

function placeholders(text, values) {
	for (const [key, value] of Object.entries(values))
		text = text.split(value).join(`{{${key}}}`);
	return text;
}

function compose(html, text, values) {
	const $ = cheerio.load(Mustache.render(html, values));
	$('a[href], area[href]').each((i, e) => {
		const url = $(e).attr('href');
		if (!url.startsWith('https://'))
			return;
		$(e).attr('href', 'https://notices.hosting.example/c/' + token +
			'/' + Buffer.from(url).toString('base64url'));
	});
	$('body').append('<img src="https://notices.hosting.example/o/' +
		token + '" alt="">');
	return {
		from: 'Hosting <billing@hosting.example>',
		to: values.name + ' <ana@d1.example>',
		subject: 'Proforma ' + values.number,
		html: $.html(),
		text: Mustache.render(text, values),
		textEncoding: 'quoted-printable',
	};
}

(async () => {
	const mail = await simpleParser(fs.readFileSync(mailPath));
	const values = { name: mail.to.value[0].name,
		number: /PF-\d+/.exec(mail.text)[0] };
	const html = placeholders(mail.html, values);
	const text = placeholders(mail.text, values);
	Mustache.parse(html);
	Mustache.parse(text);
	const transport = nodemailer.createTransport({
		host: '127.0.0.1', port: Number(port), pool: true,
		maxConnections: 8, maxMessages: Infinity, ignoreTLS: true,
		dkim: {
			domainName: 'hosting.example', keySelector: 't',
			privateKey: fs.readFileSync(keyPath, 'utf8'),
		},
	});
	const send = n => Promise.all(Array.from({ length: n }, () =>
		transport.sendMail(compose(html, text, values))));
	const batches = async n => {
		for (; n > 0; n -= 100)
			await send(100);
	};
	await batches(100);
	const start = process.hrtime.bigint();
	await batches(Number(count));
	const s = Number(process.hrtime.bigint() - start) / 1e9;
	transport.close();
	console.log((Number(count) / s).toFixed(1));
})();
