<table width="100%" cellpadding="0" cellspacing="0" border="0" style="border-collapse:collapse;margin:0 0 24px">
{{#invoice}}
<tr><th class="soft line" align="left" style="padding:0 8px 8px 0;font-size:13px;line-height:18px;font-weight:400;color:#5b6672;border-bottom:1px solid #e2e7ed">Proforma {{number}}</th><th class="soft line" align="right" style="padding:0 0 8px 8px;font-size:13px;line-height:18px;font-weight:400;color:#5b6672;border-bottom:1px solid #e2e7ed">&nbsp;</th></tr>
{{#lines}}
<tr><td class="ink line" style="padding:10px 8px 10px 0;font-size:15px;line-height:22px;color:#1c2733;border-bottom:1px solid #e2e7ed">{{#quantity}}{{quantity}} × {{/quantity}}{{description}}{{#from}}<br><span class="soft" style="font-size:13px;line-height:18px;color:#5b6672">{{from | date:"short"}}{{#to}} – {{to | date:"short"}}{{/to}}</span>{{/from}}</td><td class="ink line" valign="top" align="right" style="padding:10px 0 10px 8px;font-size:15px;line-height:22px;color:#1c2733;border-bottom:1px solid #e2e7ed">{{#amount}}{{amount | money}}{{/amount}}</td></tr>
{{/lines}}
<tr><td class="soft" style="padding:8px 8px 0 0;font-size:15px;line-height:22px;color:#5b6672">Total</td><td class="soft" valign="top" align="right" style="padding:8px 0 0 8px;font-size:15px;line-height:22px;color:#5b6672">{{total | money}}</td></tr>
{{/invoice}}
<tr><td class="ink" style="padding:8px 8px 0 0;font-size:15px;line-height:22px;color:#1c2733;font-weight:700">Recibido</td><td class="ink" valign="top" align="right" style="padding:8px 0 0 8px;font-size:15px;line-height:22px;color:#1c2733;font-weight:700">{{event.amount | money}}</td></tr>
{{#event.remaining}}
<tr><td class="ink" style="padding:8px 8px 0 0;font-size:15px;line-height:22px;color:#1c2733;font-weight:700">Queda por pagar</td><td class="ink" valign="top" align="right" style="padding:8px 0 0 8px;font-size:15px;line-height:22px;color:#1c2733;font-weight:700">{{event.remaining | money}}</td></tr>
{{/event.remaining}}
{{#event.payment}}
<tr><td class="soft" style="padding:8px 8px 0 0;font-size:15px;line-height:22px;color:#5b6672">Referencia del pago</td><td class="soft" valign="top" align="right" style="padding:8px 0 0 8px;font-size:15px;line-height:22px;color:#5b6672">{{event.payment}}</td></tr>
{{/event.payment}}
</table>
