{{#many}}
<table width="100%" cellpadding="0" cellspacing="0" border="0" style="border-collapse:collapse;margin:8px 0 24px">
<tr><th class="soft line" align="left" style="padding:0 8px 8px 0;font-size:13px;line-height:18px;font-weight:400;color:#5b6672;border-bottom:1px solid #e2e7ed">Proforma</th><th class="soft line" align="left" style="padding:0 8px 8px;font-size:13px;line-height:18px;font-weight:400;color:#5b6672;border-bottom:1px solid #e2e7ed">Vence</th><th class="soft line" align="right" style="padding:0 0 8px 8px;font-size:13px;line-height:18px;font-weight:400;color:#5b6672;border-bottom:1px solid #e2e7ed">Por pagar</th></tr>
{{#invoices}}
<tr><td class="ink line" style="padding:10px 8px 10px 0;font-size:15px;line-height:22px;color:#1c2733;border-bottom:1px solid #e2e7ed">{{number}}{{#pay_url}}<br><a href="{{pay_url}}" class="link" style="display:inline-block;padding:4px 0;font-weight:700;color:#1f4f8f;text-decoration:underline">Pagar</a>{{/pay_url}}</td><td class="ink line" valign="top" style="padding:10px 8px;font-size:15px;line-height:22px;color:#1c2733;border-bottom:1px solid #e2e7ed">{{due_on | date:"short"}}</td><td class="ink line" valign="top" align="right" style="padding:10px 0 10px 8px;font-size:15px;line-height:22px;color:#1c2733;border-bottom:1px solid #e2e7ed">{{balance | money}}</td></tr>
{{/invoices}}
<tr><td class="ink" colspan="2" style="padding:10px 8px 0 0;font-size:15px;line-height:22px;font-weight:700;color:#1c2733">Total a pagar</td><td class="ink" align="right" style="padding:10px 0 0 8px;font-size:15px;line-height:22px;font-weight:700;color:#1c2733">{{balance | money}}</td></tr>
</table>
{{/many}}
{{^many}}
{{> _blocks/lines-html}}
{{/many}}
