<table width="100%" cellpadding="0" cellspacing="0" border="0" style="{{> _blocks/style-list}}">
{{#invoice}}
<tr><th scope="col" class="soft line" align="left" style="padding:0 8px 8px 0;{{> _blocks/style-th}}">Proforma {{number}}</th><th scope="col" class="soft line" align="right" style="padding:0 0 8px 8px;{{> _blocks/style-th}}">&nbsp;</th></tr>
{{#lines}}
<tr><td class="ink line" style="padding:10px 8px 10px 0;{{> _blocks/style-cell}}">{{#quantity}}{{quantity}} × {{/quantity}}{{description}}{{#from}}<br><span class="soft" style="{{> _blocks/style-note}}">{{from | date:"short"}}{{#to}} – {{to | date:"short"}}{{/to}}</span>{{/from}}</td><td class="ink line" valign="top" align="right" style="padding:10px 0 10px 8px;white-space:nowrap;{{> _blocks/style-cell}}">{{#amount}}{{amount | money}}{{/amount}}</td></tr>
{{/lines}}
<tr><td class="soft" style="padding:8px 8px 0 0;{{> _blocks/style-soft}}">Total</td><td class="soft" valign="top" align="right" style="padding:8px 0 0 8px;white-space:nowrap;{{> _blocks/style-soft}}">{{total | money}}</td></tr>
{{/invoice}}
<tr><td class="ink" style="padding:8px 8px 0 0;{{> _blocks/style-sum}}">Recibido</td><td class="ink" valign="top" align="right" style="padding:8px 0 0 8px;white-space:nowrap;{{> _blocks/style-sum}}">{{event.amount | money}}</td></tr>
{{#event.remaining}}
<tr><td class="ink" style="padding:8px 8px 0 0;{{> _blocks/style-sum}}">Queda por pagar</td><td class="ink" valign="top" align="right" style="padding:8px 0 0 8px;white-space:nowrap;{{> _blocks/style-sum}}">{{event.remaining | money}}</td></tr>
{{/event.remaining}}
{{#event.payment}}
<tr><td class="soft" style="padding:8px 8px 0 0;{{> _blocks/style-soft}}">Referencia del pago</td><td class="soft" valign="top" align="right" style="padding:8px 0 0 8px;{{> _blocks/style-soft}}">{{event.payment}}</td></tr>
{{/event.payment}}
</table>
