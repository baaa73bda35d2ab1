{{#service}}
<h2 class="ink" style="margin:0 0 10px;font-size:17px;line-height:24px;font-weight:700;color:#1c2733">Servicios que se verán afectados</h2>
<ul style="margin:0 0 24px;padding:0 0 0 22px">
{{#services}}
<li class="ink" style="margin:0 0 4px;font-size:16px;line-height:25px;color:#1c2733">{{name}}{{#product}} <span class="soft" style="color:#5b6672">({{product}})</span>{{/product}}</li>
{{/services}}
</ul>
{{/service}}
