{{< _layout/html}}
{{$title}}Su servicio se dará de baja y sus datos se eliminarán{{/title}}
{{$preheader}}Para conservar el servicio, pague {{balance | money}} antes de esa fecha. Si no va a continuar, descargue sus datos.{{/preheader}}
{{$body}}
{{< _blocks/facts-alert-html}}
{{$label}}Importe{{/label}}{{$value}}{{balance | money}}{{/value}}{{$note}}{{#overdue}}{{> _blocks/left}}{{/overdue}}{{/note}}
{{$label2}}Eliminación no antes del{{/label2}}{{$value2}}<span class="fg-alert" style="color:#b3261e">{{terminate_at | date}}</span>{{/value2}}{{$note2}}{{terminate_at | time}} ({{terminate_at | zone}}){{/note2}}
{{/ _blocks/facts-alert-html}}
{{> _blocks/pay-html}}
<p class="ink" style="{{> _blocks/style-p}}">{{> _blocks/greeting}}</p>
<p class="ink" style="{{> _blocks/style-p}}">{{^many}}La proforma <strong>{{invoice.number}}</strong>, por <strong>{{balance | money}}</strong>, {{^overdue}}vence{{/overdue}}{{#overdue}}venció{{/overdue}} el <strong>{{due_on | date}}</strong> y sigue pendiente de pago.{{/many}}{{#many}}Estas {{count}} proformas, por un total de <strong>{{balance | money}}</strong>, siguen pendientes de pago.{{/many}}</p>
<p class="ink" style="{{> _blocks/style-p}}">Si no recibimos el pago, daremos de baja los servicios correspondientes y <strong>eliminaremos sus datos de forma definitiva, no antes del {{terminate_at | datetime}} ({{terminate_at | zone}})</strong>. Después de esa fecha no podremos recuperarlos.</p>
<h2 class="ink" style="{{> _blocks/style-h2}}">Cómo obtener sus datos antes de esa fecha</h2>
<ul style="{{> _blocks/style-ul}}">
<li class="ink" style="{{> _blocks/style-li}}"><strong>Archivos y bases de datos:</strong> descargue una copia de seguridad desde su panel de control, o copie los archivos por SFTP o FTP y exporte las bases de datos.</li>
<li class="ink" style="{{> _blocks/style-li}}"><strong>Correo:</strong> descargue sus buzones con un programa de correo que use IMAP.</li>
<li class="ink" style="{{> _blocks/style-li}}"><strong>Dominios:</strong> pídanos el código de transferencia si quiere llevarlos a otro proveedor.</li>
<li class="ink" style="{{> _blocks/style-li}}"><strong>Si el servicio está suspendido y no puede entrar:</strong> responda a este correo antes de esa fecha y le indicaremos cómo obtener una copia.</li>
</ul>
<p class="ink" style="{{> _blocks/style-p}}">Si prefiere conservar el servicio, basta con pagar antes de esa fecha: al recibir el pago, lo reactivaremos con todos sus datos.</p>
{{> _blocks/services-html}}
{{> _blocks/invoices-html}}
{{> _blocks/answer-html}}
{{/body}}
{{/ _layout/html}}
