{{< _layout/html}}
{{$title}}Suspenderemos todos sus servicios si no recibimos el pago{{/title}}
{{$preheader}}Para evitarlo, pague {{balance | money}} antes de esa fecha.{{/preheader}}
{{$body}}
{{< _blocks/facts-alert-html}}
{{$label}}Importe{{/label}}{{$value}}{{balance | money}}{{/value}}{{$note}}{{#overdue}}{{> _blocks/left}}{{/overdue}}{{/note}}
{{$label2}}Suspensión no antes del{{/label2}}{{$value2}}<span class="fg-alert" style="color:#b3261e">{{suspend_all_at | date}}</span>{{/value2}}{{$note2}}{{suspend_all_at | time}} ({{suspend_all_at | zone}}){{/note2}}
{{/ _blocks/facts-alert-html}}
{{> _blocks/pay-html}}
<p class="ink" style="{{> _blocks/style-p}}">{{> _blocks/greeting}}</p>
<p class="ink" style="{{> _blocks/style-p}}">{{^many}}La proforma <strong>{{invoice.number}}</strong>, por <strong>{{balance | money}}</strong>, {{^overdue}}vence{{/overdue}}{{#overdue}}venció{{/overdue}} el <strong>{{due_on | date}}</strong> y sigue pendiente de pago.{{/many}}{{#many}}Estas {{count}} proformas, por un total de <strong>{{balance | money}}</strong>, siguen pendientes de pago.{{/many}}</p>
<p class="ink" style="{{> _blocks/style-p}}">Si no recibimos el pago, suspenderemos <strong>todos los servicios de su cuenta</strong>, también los que están al día, <strong>no antes del {{suspend_all_at | datetime}} ({{suspend_all_at | zone}})</strong>. Para evitarlo, pague antes de esa fecha.</p>
<p class="ink" style="{{> _blocks/style-p}}">Mientras dure la suspensión, los servicios dejan de funcionar, pero conservamos sus datos; al recibir el pago, los reactivaremos.{{#terminate_at}} Si la deuda continúa, los servicios que no se hayan pagado se darán de baja y sus datos se eliminarán, no antes del {{terminate_at | date}}, y le avisaremos antes de hacerlo.{{/terminate_at}}</p>
<p class="ink" style="{{> _blocks/style-p}}">Si necesita más tiempo o no está de acuerdo con este importe, responda a este correo cuanto antes.</p>
{{> _blocks/invoices-html}}
{{> _blocks/answer-html}}
{{/body}}
{{/ _layout/html}}
