{{< _layout/html}}
{{$title}}{{^many}}Su proforma {{^overdue}}vence{{/overdue}}{{#overdue}}venció{{/overdue}} {{> _blocks/when}}{{/many}}{{#many}}Sus {{count}} proformas {{^overdue}}vencen{{/overdue}}{{#overdue}}vencieron{{/overdue}} {{> _blocks/when}}{{/many}}{{/title}}
{{$preheader}}Aún no nos consta el pago de {{balance | money}}.{{#suspend_at}} Sin él, podríamos suspender el servicio, no antes del {{suspend_at | date}}.{{/suspend_at}}{{/preheader}}
{{$body}}
{{< _blocks/facts-warn-html}}
{{$label}}Importe{{/label}}{{$value}}{{balance | money}}{{/value}}
{{$label2}}Vencimiento{{/label2}}{{$value2}}{{due_on | date}}{{/value2}}{{$note2}}{{> _blocks/left}}{{/note2}}
{{/ _blocks/facts-warn-html}}
{{> _blocks/pay-html}}
<p class="ink" style="{{> _blocks/style-p}}">{{> _blocks/greeting}}</p>
<p class="ink" style="{{> _blocks/style-p}}">{{^many}}La proforma <strong>{{invoice.number}}</strong>, por <strong>{{balance | money}}</strong>, {{^overdue}}vence{{/overdue}}{{#overdue}}venció{{/overdue}} el <strong>{{due_on | date}}</strong> y sigue pendiente de pago.{{/many}}{{#many}}Estas {{count}} proformas, por un total de <strong>{{balance | money}}</strong>, {{^overdue}}vencen{{/overdue}}{{#overdue}}vencieron{{/overdue}} el <strong>{{due_on | date}}</strong> y siguen pendientes de pago.{{/many}}</p>
<p class="ink" style="{{> _blocks/style-p}}">Este es nuestro último recordatorio.{{#suspend_at}} Si no recibimos el pago, podríamos suspender los servicios correspondientes, <strong>no antes del {{suspend_at | date}}</strong>. Antes de hacerlo le enviaremos otro aviso.{{/suspend_at}}</p>
<p class="ink" style="{{> _blocks/style-p}}">Si necesita más tiempo para pagar, responda a este correo antes del vencimiento.</p>
{{> _blocks/invoices-html}}
{{> _blocks/answer-html}}
{{/body}}
{{/ _layout/html}}
