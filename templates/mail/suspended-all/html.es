{{< _layout/html}}
{{$title}}Hemos suspendido todos sus servicios{{/title}}
{{$preheader}}{{#count}}Para reactivarlos, pague {{balance | money}}.{{/count}}{{^count}}Sus datos se conservan.{{/count}}{{/preheader}}
{{$body}}
{{#count}}
{{< _blocks/facts-alert-html}}
{{$label}}Importe{{/label}}{{$value}}{{balance | money}}{{/value}}
{{$label2}}Vencimiento{{/label2}}{{$value2}}<span class="fg-alert" style="color:#b3261e">{{due_on | date}}</span>{{/value2}}{{$note2}}{{#overdue}}{{> _blocks/left}}{{/overdue}}{{/note2}}
{{/ _blocks/facts-alert-html}}
{{/count}}
{{> _blocks/pay-html}}
<p class="ink" style="{{> _blocks/style-p}}">{{> _blocks/greeting}}</p>
<p class="ink" style="{{> _blocks/style-p}}">Hemos suspendido <strong>todos los servicios de su cuenta</strong>{{#event}} el {{at | date}}{{/event}}{{#count}}{{^many}} porque la proforma <strong>{{invoice.number}}</strong>, por <strong>{{balance | money}}</strong>, sigue pendiente de pago{{/many}}{{#many}} porque {{count}} proformas, por un total de <strong>{{balance | money}}</strong>, siguen pendientes de pago{{/many}}{{/count}}.{{#event}}{{#reason}} Motivo: {{reason}}.{{/reason}}{{/event}}</p>
{{#count}}
<p class="ink" style="{{> _blocks/style-p}}">Al recibir el pago, los reactivaremos. Mientras tanto, conservamos sus datos.</p>
{{/count}}
{{^count}}
<p class="ink" style="{{> _blocks/style-p}}">Conservamos sus datos. Para saber cómo reactivarlos, responda a este correo.</p>
{{/count}}
{{#terminate_at}}
<p class="ink" style="{{> _blocks/style-p}}">Si la deuda continúa, los servicios que no se hayan pagado se darán de baja y sus datos se eliminarán, no antes del <strong>{{terminate_at | date}}</strong>. Le avisaremos antes de hacerlo.</p>
{{/terminate_at}}
{{#count}}
{{> _blocks/invoices-html}}
{{/count}}
{{> _blocks/answer-html}}
{{/body}}
{{/ _layout/html}}
