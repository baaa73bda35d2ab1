{{#many}}
<table width="100%" cellpadding="0" cellspacing="0" border="0" style="{{> _blocks/style-list}}">
<tr><th scope="col" class="soft line" align="left" style="padding:0 8px 8px 0;{{> _blocks/style-th}}">Proforma</th><th scope="col" class="soft line" align="right" style="padding:0 0 8px 8px;{{> _blocks/style-th}}">Por pagar</th></tr>
{{#invoices}}
<tr><td class="ink line" style="padding:10px 8px 10px 0;{{> _blocks/style-cell}}">{{number}}<br><span class="soft" style="{{> _blocks/style-note}}">Vence {{due_on | date:"short"}}</span>{{#pay_url}}<br><a href="{{pay_url}}" class="link" style="{{> _blocks/style-pay}}">Pagar</a>{{/pay_url}}</td><td class="ink line" valign="top" align="right" style="padding:10px 0 10px 8px;white-space:nowrap;{{> _blocks/style-cell}}">{{balance | money}}</td></tr>
{{/invoices}}
<tr><td class="ink" style="padding:10px 8px 0 0;{{> _blocks/style-sum}}">Total a pagar</td><td class="ink" align="right" style="padding:10px 0 0 8px;white-space:nowrap;{{> _blocks/style-sum}}">{{balance | money}}</td></tr>
</table>
{{/many}}
{{^many}}
{{> _blocks/lines-html}}
{{/many}}
