// Looks at pages in a real browser: accessibility by axe-core, and no sideways
// scrolling, light and dark, at the widths of a small phone, a tablet and a
// desk; then gives each answer without script, and one by keyboard.  Prints a
// line of JSON for each thing that is wrong, and for each answer.  Of what is
// called mail- only the width counts.
//
//   node pages.js ORIGIN SHOTS NAME=PATH...
//
// SHOTS: a folder for pictures of the pages, or "-".
"use strict";

const fs = require("fs");
const { chromium } = require("playwright-core");

const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [origin, shots, ...rest] = process.argv.slice(2);
const pages = rest.map((x) => {
	const at = x.indexOf("=");
	return { name: x.slice(0, at), path: x.slice(at + 1) };
});

const looks = [["light", 320], ["dark", 600], ["light", 1200]];
if (process.env.LOOKS === "all")
	looks.push(["dark", 320], ["light", 600], ["dark", 1200]);

function report(what) {
	console.log(JSON.stringify(what));
}

async function look(page, one, scheme, width) {
	const where = { page: one.name, scheme, width };
	const told = (m) => {
		if (!m.text().includes("responded with a status of 4"))
			report({ ...where, problem: "console", text: m.text() });
	};
	page.on("console", told);
	await page.goto(origin + one.path);
	await page.$$eval("details", (all) => all.forEach((d) => (d.open = true)));
	const over = await page.evaluate(
		() => document.documentElement.scrollWidth - window.innerWidth);
	if (over > 0)
		report({ ...where, problem: "scrolls sideways", by: over });
	if (!one.name.startsWith("mail"))
		await weigh(page, where);
	if (shots !== "-")
		await page.screenshot({ fullPage: true,
			path: `${shots}/${one.name}-${scheme}-${width}.png` });
	page.off("console", told);
}

async function weigh(page, where) {
	const result = await page.evaluate(
		(text) => { (0, eval)(text); return window.axe.run(); }, axe);
	if (result.passes.length < 10)
		report({ ...where, problem: "axe hardly ran" });
	for (const v of result.violations)
		for (const n of v.nodes)
			report({ ...where, problem: v.id, html: n.html,
				 text: n.failureSummary });
}

const today = new Date().toISOString().slice(0, 10);

// The four answers, each as who gives it would: without script, at the width
// of a small phone.
const answers = [
	{ says: "received" },
	{ says: "paid", fill: { "#paid_on": today, "#paid_by": "Visa",
				"#reference": "TR <1>" } },
	{ says: "wrong", fill: { "#why": "Ñandú\nsecond line" } },
	{ says: "not_me" },
];

async function answer(browser, one) {
	const page = await (await browser.newContext({
		javaScriptEnabled: false,
		viewport: { width: 320, height: 640 } })).newPage();
	for (const { says, fill } of answers) {
		await page.goto(origin + one.path);
		const form = page.locator(
			`form:has([name=answer][value=${says}])`);
		const folded = page.locator("details", { has: form });
		if (await folded.count())
			await folded.locator("summary").click();
		for (const [field, text] of Object.entries(fill || {}))
			await form.locator(field).fill(text);
		if (shots !== "-")
			await page.screenshot({ fullPage: true,
				path: `${shots}/${one.name}-${says}-form.png` });
		await Promise.all([page.waitForNavigation(),
				   form.locator("button").click()]);
		if (shots !== "-")
			await page.screenshot({ fullPage: true,
				path: `${shots}/${one.name}-${says}.png` });
		report({ page: one.name, says,
			 answered: await page.locator("h1").textContent() });
	}
}

// From the top of the page to "received" by Tab and Enter alone.
async function answerByKeyboard(browser, one) {
	const page = await (await browser.newContext(
		{ javaScriptEnabled: false })).newPage();
	await page.goto(origin + one.path);
	for (let i = 0; i < 30; i++) {
		await page.keyboard.press("Tab");
		if (await page.locator("button:focus[value=received]").count())
			break;
	}
	await Promise.all([page.waitForNavigation(),
			   page.keyboard.press("Enter")]);
	const title = await page.locator("h1").textContent();
	report({ page: one.name, says: "keyboard", answered: title });
}

// Withdraws what may be withdrawn, without script.
async function leave(browser, one) {
	const page = await (await browser.newContext({
		javaScriptEnabled: false,
		viewport: { width: 320, height: 640 } })).newPage();
	await page.goto(origin + one.path);
	await Promise.all([page.waitForNavigation(),
			   page.locator("button[value=withdraw]").click()]);
	if (shots !== "-")
		await page.screenshot({ fullPage: true,
			path: `${shots}/${one.name}-done.png` });
	report({ page: one.name, says: "withdraw",
		 answered: await page.locator("h1").textContent() });
}

// What a page of another site may not do with a message that is shown.
async function harmless(browser, one) {
	const page = await (await browser.newContext()).newPage();
	await page.goto(origin + one.path);
	if ((await page.title()) === "ran")
		report({ page: one.name, problem: "its script ran" });
	if (await page.locator("form button").count()) {
		await page.locator("form button").first().click();
		if (new URL(page.url()).pathname !== one.path)
			report({ page: one.name, problem: "its form was sent" });
	}
}

(async () => {
	const browser = await chromium.launch({
		executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
		args: ["--no-sandbox", "--disable-gpu"],
	});
	for (const [scheme, width] of looks) {
		const context = await browser.newContext({
			viewport: { width, height: 800 },
			colorScheme: scheme, bypassCSP: true });
		const page = await context.newPage();
		for (const one of pages)
			if (!one.name.startsWith("view"))
				await look(page, one, scheme, width);
		await context.close();
	}
	for (const one of pages) {
		if (one.name.startsWith("answer"))
			await answer(browser, one);
		if (one.name === "answer-en")
			await answerByKeyboard(browser, one);
		if (one.name.startsWith("leave"))
			await leave(browser, one);
		if (one.name.startsWith("view"))
			await harmless(browser, one);
	}
	await browser.close();
})().catch((e) => {
	console.error(e);
	process.exit(1);
});
