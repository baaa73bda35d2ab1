{{< _layout/html}}
{{$title}}Suspenderemos todos sus servicios si no recibimos el pago{{/title}}
{{$preheader}}Para evitarlo, pague {{balance | money}} antes de esa fecha.{{/preheader}}
{{$body}}
<h1 class="h1" style="margin:0 0 18px;font-size:24px;line-height:31px;font-weight:700;color:#1c2733">Suspenderemos todos sus servicios si no recibimos el pago</h1>
{{< _blocks/facts-alert-html}}
{{$label}}Importe{{/label}}{{$value}}{{balance | money}}{{/value}}{{$note}}{{#overdue}}{{> _blocks/left}}{{/overdue}}{{/note}}
{{$label2}}Suspensión no antes del{{/label2}}{{$value2}}<span class="fg-alert" style="color:#b3261e">{{suspend_all_at | date}}</span>{{/value2}}{{$note2}}{{suspend_all_at | time}} ({{suspend_all_at | zone}}){{/note2}}
{{/ _blocks/facts-alert-html}}
{{> _blocks/pay-html}}
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">{{> _blocks/greeting}}</p>
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">{{^many}}La proforma <strong>{{invoice.number}}</strong>, por <strong>{{balance | money}}</strong>, {{^overdue}}vence{{/overdue}}{{#overdue}}venció{{/overdue}} el <strong>{{due_on | date}}</strong> y sigue pendiente de pago.{{/many}}{{#many}}Estas {{count}} proformas, por un total de <strong>{{balance | money}}</strong>, siguen pendientes de pago.{{/many}}</p>
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">Si no recibimos el pago, suspenderemos <strong>todos los servicios de su cuenta</strong>, también los que están al día, <strong>no antes del {{suspend_all_at | datetime}} ({{suspend_all_at | zone}})</strong>. Para evitarlo, pague antes de esa fecha.</p>
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">Mientras dure la suspensión, los servicios dejan de funcionar, pero conservamos sus datos; al recibir el pago, los reactivaremos.{{#terminate_at}} Si la deuda continúa, los servicios impagos se darán de baja y sus datos se eliminarán, no antes del {{terminate_at | date}}, y le avisaremos antes de hacerlo.{{/terminate_at}}</p>
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">Si necesita más tiempo o no está de acuerdo con este importe, responda a este correo cuanto antes.</p>
{{> _blocks/invoices-html}}
{{> _blocks/answer-html}}
{{/body}}
{{/ _layout/html}}
