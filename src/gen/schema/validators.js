/* Compiled from schemas/ by scripts/gen-schema.ts; never edited by hand. */
var __getOwnPropNames=Object.getOwnPropertyNames;var __commonJS=(cb,mod)=>function(){try{return mod||(0,cb[__getOwnPropNames(cb)[0]])((mod={exports:{}}).exports,mod),mod.exports}catch(e){throw mod=0,e}};var require_fast_deep_equal=__commonJS({"node_modules/fast-deep-equal/index.js"(exports,module){"use strict";module.exports=function equal(a,b){if(a===b)return!0;
if(a&&b&&typeof a=="object"&&typeof b=="object"){if(a.constructor!==b.constructor)return!1;var length,i,keys;if(Array.isArray(a)){if(length=a.length,length!=b.length)
return!1;for(i=length;i--!==0;)if(!equal(a[i],b[i]))return!1;return!0}if(a.constructor===RegExp)return a.source===b.source&&a.flags===b.flags;if(a.valueOf!==Object.
prototype.valueOf)return a.valueOf()===b.valueOf();if(a.toString!==Object.prototype.toString)return a.toString()===b.toString();if(keys=Object.keys(a),length=keys.
length,length!==Object.keys(b).length)return!1;for(i=length;i--!==0;)if(!Object.prototype.hasOwnProperty.call(b,keys[i]))return!1;for(i=length;i--!==0;){var key=keys[i];
if(!equal(a[key],b[key]))return!1}return!0}return a!==a&&b!==b}}});var require_equal=__commonJS({"node_modules/ajv/dist/runtime/equal.js"(exports){"use strict";Object.defineProperty(exports,"__esModule",{value:!0});var equal=require_fast_deep_equal();
equal.code='require("ajv/dist/runtime/equal").default';exports.default=equal}});var require_ucs2length=__commonJS({"node_modules/ajv/dist/runtime/ucs2length.js"(exports){"use strict";Object.defineProperty(exports,"__esModule",{value:!0});function ucs2length(str){
let len=str.length,length=0,pos=0,value;for(;pos<len;)length++,value=str.charCodeAt(pos++),value>=55296&&value<=56319&&pos<len&&(value=str.charCodeAt(pos),(value&
64512)===56320&&pos++);return length}exports.default=ucs2length;ucs2length.code='require("ajv/dist/runtime/ucs2length").default'}});var require_formats=__commonJS({"node_modules/ajv-formats/dist/formats.js"(exports){"use strict";Object.defineProperty(exports,"__esModule",{value:!0});exports.
formatNames=exports.fastFormats=exports.fullFormats=void 0;function fmtDef(validate,compare){return{validate,compare}}exports.fullFormats={date:fmtDef(date,compareDate),
time:fmtDef(getTime(!0),compareTime),"date-time":fmtDef(getDateTime(!0),compareDateTime),"iso-time":fmtDef(getTime(),compareIsoTime),"iso-date-time":fmtDef(getDateTime(),
compareIsoDateTime),duration:/^P(?!$)((\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?|(\d+W)?)$/,uri,"uri-reference":/^(?:[a-z][a-z0-9+\-.]*:)?(?:\/?\/(?:(?:[a-z0-9\-._~!$&'()*+,;=:]|%[0-9a-f]{2})*@)?(?:\[(?:(?:(?:(?:[0-9a-f]{1,4}:){6}|::(?:[0-9a-f]{1,4}:){5}|(?:[0-9a-f]{1,4})?::(?:[0-9a-f]{1,4}:){4}|(?:(?:[0-9a-f]{1,4}:){0,1}[0-9a-f]{1,4})?::(?:[0-9a-f]{1,4}:){3}|(?:(?:[0-9a-f]{1,4}:){0,2}[0-9a-f]{1,4})?::(?:[0-9a-f]{1,4}:){2}|(?:(?:[0-9a-f]{1,4}:){0,3}[0-9a-f]{1,4})?::[0-9a-f]{1,4}:|(?:(?:[0-9a-f]{1,4}:){0,4}[0-9a-f]{1,4})?::)(?:[0-9a-f]{1,4}:[0-9a-f]{1,4}|(?:(?:25[0-5]|2[0-4]\d|[01]?\d\d?)\.){3}(?:25[0-5]|2[0-4]\d|[01]?\d\d?))|(?:(?:[0-9a-f]{1,4}:){0,5}[0-9a-f]{1,4})?::[0-9a-f]{1,4}|(?:(?:[0-9a-f]{1,4}:){0,6}[0-9a-f]{1,4})?::)|[Vv][0-9a-f]+\.[a-z0-9\-._~!$&'()*+,;=:]+)\]|(?:(?:25[0-5]|2[0-4]\d|[01]?\d\d?)\.){3}(?:25[0-5]|2[0-4]\d|[01]?\d\d?)|(?:[a-z0-9\-._~!$&'"()*+,;=]|%[0-9a-f]{2})*)(?::\d*)?(?:\/(?:[a-z0-9\-._~!$&'"()*+,;=:@]|%[0-9a-f]{2})*)*|\/(?:(?:[a-z0-9\-._~!$&'"()*+,;=:@]|%[0-9a-f]{2})+(?:\/(?:[a-z0-9\-._~!$&'"()*+,;=:@]|%[0-9a-f]{2})*)*)?|(?:[a-z0-9\-._~!$&'"()*+,;=:@]|%[0-9a-f]{2})+(?:\/(?:[a-z0-9\-._~!$&'"()*+,;=:@]|%[0-9a-f]{2})*)*)?(?:\?(?:[a-z0-9\-._~!$&'"()*+,;=:@/?]|%[0-9a-f]{2})*)?(?:#(?:[a-z0-9\-._~!$&'"()*+,;=:@/?]|%[0-9a-f]{2})*)?$/i,
"uri-template":/^(?:(?:[^\x00-\x20"'<>%\\^`{|}]|%[0-9a-f]{2})|\{[+#./;?&=,!@|]?(?:[a-z0-9_]|%[0-9a-f]{2})+(?::[1-9][0-9]{0,3}|\*)?(?:,(?:[a-z0-9_]|%[0-9a-f]{2})+(?::[1-9][0-9]{0,3}|\*)?)*\})*$/i,
url:/^(?:https?|ftp):\/\/(?:\S+(?::\S*)?@)?(?:(?!(?:10|127)(?:\.\d{1,3}){3})(?!(?:169\.254|192\.168)(?:\.\d{1,3}){2})(?!172\.(?:1[6-9]|2\d|3[0-1])(?:\.\d{1,3}){2})(?:[1-9]\d?|1\d\d|2[01]\d|22[0-3])(?:\.(?:1?\d{1,2}|2[0-4]\d|25[0-5])){2}(?:\.(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-4]))|(?:(?:[a-z0-9\u{00a1}-\u{ffff}]+-)*[a-z0-9\u{00a1}-\u{ffff}]+)(?:\.(?:[a-z0-9\u{00a1}-\u{ffff}]+-)*[a-z0-9\u{00a1}-\u{ffff}]+)*(?:\.(?:[a-z\u{00a1}-\u{ffff}]{2,})))(?::\d{2,5})?(?:\/[^\s]*)?$/iu,
email:/^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i,hostname:/^(?=.{1,253}\.?$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[-0-9a-z]{0,61}[0-9a-z])?)*\.?$/i,
ipv4:/^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/,ipv6:/^((([0-9a-f]{1,4}:){7}([0-9a-f]{1,4}|:))|(([0-9a-f]{1,4}:){6}(:[0-9a-f]{1,4}|((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3})|:))|(([0-9a-f]{1,4}:){5}(((:[0-9a-f]{1,4}){1,2})|:((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3})|:))|(([0-9a-f]{1,4}:){4}(((:[0-9a-f]{1,4}){1,3})|((:[0-9a-f]{1,4})?:((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}))|:))|(([0-9a-f]{1,4}:){3}(((:[0-9a-f]{1,4}){1,4})|((:[0-9a-f]{1,4}){0,2}:((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}))|:))|(([0-9a-f]{1,4}:){2}(((:[0-9a-f]{1,4}){1,5})|((:[0-9a-f]{1,4}){0,3}:((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}))|:))|(([0-9a-f]{1,4}:){1}(((:[0-9a-f]{1,4}){1,6})|((:[0-9a-f]{1,4}){0,4}:((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}))|:))|(:(((:[0-9a-f]{1,4}){1,7})|((:[0-9a-f]{1,4}){0,5}:((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}))|:)))$/i,
regex,uuid:/^(?:urn:uuid:)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i,"json-pointer":/^(?:\/(?:[^~/]|~0|~1)*)*$/,"json-pointer-uri-fragment":/^#(?:\/(?:[a-z0-9_\-.!$&'()*+,;:=@]|%[0-9a-f]{2}|~0|~1)*)*$/i,
"relative-json-pointer":/^(?:0|[1-9][0-9]*)(?:#|(?:\/(?:[^~/]|~0|~1)*)*)$/,byte,int32:{type:"number",validate:validateInt32},int64:{type:"number",validate:validateInt64},
float:{type:"number",validate:validateNumber},double:{type:"number",validate:validateNumber},password:!0,binary:!0};exports.fastFormats={...exports.fullFormats,
date:fmtDef(/^\d\d\d\d-[0-1]\d-[0-3]\d$/,compareDate),time:fmtDef(/^(?:[0-2]\d:[0-5]\d:[0-5]\d|23:59:60)(?:\.\d+)?(?:z|[+-]\d\d(?::?\d\d)?)$/i,compareTime),"dat\
e-time":fmtDef(/^\d\d\d\d-[0-1]\d-[0-3]\dt(?:[0-2]\d:[0-5]\d:[0-5]\d|23:59:60)(?:\.\d+)?(?:z|[+-]\d\d(?::?\d\d)?)$/i,compareDateTime),"iso-time":fmtDef(/^(?:[0-2]\d:[0-5]\d:[0-5]\d|23:59:60)(?:\.\d+)?(?:z|[+-]\d\d(?::?\d\d)?)?$/i,
compareIsoTime),"iso-date-time":fmtDef(/^\d\d\d\d-[0-1]\d-[0-3]\d[t\s](?:[0-2]\d:[0-5]\d:[0-5]\d|23:59:60)(?:\.\d+)?(?:z|[+-]\d\d(?::?\d\d)?)?$/i,compareIsoDateTime),
uri:/^(?:[a-z][a-z0-9+\-.]*:)(?:\/?\/)?[^\s]*$/i,"uri-reference":/^(?:(?:[a-z][a-z0-9+\-.]*:)?\/?\/)?(?:[^\\\s#][^\s#]*)?(?:#[^\\\s]*)?$/i,email:/^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i};
exports.formatNames=Object.keys(exports.fullFormats);function isLeapYear(year){return year%4===0&&(year%100!==0||year%400===0)}var DATE=/^(\d\d\d\d)-(\d\d)-(\d\d)$/,
DAYS=[0,31,28,31,30,31,30,31,31,30,31,30,31];function date(str){let matches=DATE.exec(str);if(!matches)return!1;let year=+matches[1],month=+matches[2],day=+matches[3];
return month>=1&&month<=12&&day>=1&&day<=(month===2&&isLeapYear(year)?29:DAYS[month])}function compareDate(d1,d2){if(d1&&d2)return d1>d2?1:d1<d2?-1:0}var TIME=/^(\d\d):(\d\d):(\d\d(?:\.\d+)?)(z|([+-])(\d\d)(?::?(\d\d))?)?$/i;
function getTime(strictTimeZone){return function(str){let matches=TIME.exec(str);if(!matches)return!1;let hr=+matches[1],min=+matches[2],sec=+matches[3],tz=matches[4],
tzSign=matches[5]==="-"?-1:1,tzH=+(matches[6]||0),tzM=+(matches[7]||0);if(tzH>23||tzM>59||strictTimeZone&&!tz)return!1;if(hr<=23&&min<=59&&sec<60)return!0;let utcMin=min-
tzM*tzSign,utcHr=hr-tzH*tzSign-(utcMin<0?1:0);return(utcHr===23||utcHr===-1)&&(utcMin===59||utcMin===-1)&&sec<61}}function compareTime(s1,s2){if(!(s1&&s2))return;
let t1=new Date("2020-01-01T"+s1).valueOf(),t2=new Date("2020-01-01T"+s2).valueOf();if(t1&&t2)return t1-t2}function compareIsoTime(t1,t2){if(!(t1&&t2))return;let a1=TIME.
exec(t1),a2=TIME.exec(t2);if(a1&&a2)return t1=a1[1]+a1[2]+a1[3],t2=a2[1]+a2[2]+a2[3],t1>t2?1:t1<t2?-1:0}var DATE_TIME_SEPARATOR=/t|\s/i;function getDateTime(strictTimeZone){
let time=getTime(strictTimeZone);return function(str){let dateTime=str.split(DATE_TIME_SEPARATOR);return dateTime.length===2&&date(dateTime[0])&&time(dateTime[1])}}
function compareDateTime(dt1,dt2){if(!(dt1&&dt2))return;let d1=new Date(dt1).valueOf(),d2=new Date(dt2).valueOf();if(d1&&d2)return d1-d2}function compareIsoDateTime(dt1,dt2){
if(!(dt1&&dt2))return;let[d1,t1]=dt1.split(DATE_TIME_SEPARATOR),[d2,t2]=dt2.split(DATE_TIME_SEPARATOR),res=compareDate(d1,d2);if(res!==void 0)return res||compareTime(
t1,t2)}var NOT_URI_FRAGMENT=/\/|:/,URI=/^(?:[a-z][a-z0-9+\-.]*:)(?:\/?\/(?:(?:[a-z0-9\-._~!$&'()*+,;=:]|%[0-9a-f]{2})*@)?(?:\[(?:(?:(?:(?:[0-9a-f]{1,4}:){6}|::(?:[0-9a-f]{1,4}:){5}|(?:[0-9a-f]{1,4})?::(?:[0-9a-f]{1,4}:){4}|(?:(?:[0-9a-f]{1,4}:){0,1}[0-9a-f]{1,4})?::(?:[0-9a-f]{1,4}:){3}|(?:(?:[0-9a-f]{1,4}:){0,2}[0-9a-f]{1,4})?::(?:[0-9a-f]{1,4}:){2}|(?:(?:[0-9a-f]{1,4}:){0,3}[0-9a-f]{1,4})?::[0-9a-f]{1,4}:|(?:(?:[0-9a-f]{1,4}:){0,4}[0-9a-f]{1,4})?::)(?:[0-9a-f]{1,4}:[0-9a-f]{1,4}|(?:(?:25[0-5]|2[0-4]\d|[01]?\d\d?)\.){3}(?:25[0-5]|2[0-4]\d|[01]?\d\d?))|(?:(?:[0-9a-f]{1,4}:){0,5}[0-9a-f]{1,4})?::[0-9a-f]{1,4}|(?:(?:[0-9a-f]{1,4}:){0,6}[0-9a-f]{1,4})?::)|[Vv][0-9a-f]+\.[a-z0-9\-._~!$&'()*+,;=:]+)\]|(?:(?:25[0-5]|2[0-4]\d|[01]?\d\d?)\.){3}(?:25[0-5]|2[0-4]\d|[01]?\d\d?)|(?:[a-z0-9\-._~!$&'()*+,;=]|%[0-9a-f]{2})*)(?::\d*)?(?:\/(?:[a-z0-9\-._~!$&'()*+,;=:@]|%[0-9a-f]{2})*)*|\/(?:(?:[a-z0-9\-._~!$&'()*+,;=:@]|%[0-9a-f]{2})+(?:\/(?:[a-z0-9\-._~!$&'()*+,;=:@]|%[0-9a-f]{2})*)*)?|(?:[a-z0-9\-._~!$&'()*+,;=:@]|%[0-9a-f]{2})+(?:\/(?:[a-z0-9\-._~!$&'()*+,;=:@]|%[0-9a-f]{2})*)*)(?:\?(?:[a-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9a-f]{2})*)?(?:#(?:[a-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9a-f]{2})*)?$/i;
function uri(str){return NOT_URI_FRAGMENT.test(str)&&URI.test(str)}var BYTE=/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/gm;function byte(str){
return BYTE.lastIndex=0,BYTE.test(str)}var MIN_INT32=-(2**31),MAX_INT32=2**31-1;function validateInt32(value){return Number.isInteger(value)&&value<=MAX_INT32&&
value>=MIN_INT32}function validateInt64(value){return Number.isInteger(value)}function validateNumber(){return!0}var Z_ANCHOR=/[^\\]\\Z/;function regex(str){if(Z_ANCHOR.
test(str))return!1;try{return new RegExp(str),!0}catch{return!1}}}});var jsonSchema=validate0,schema0={$schema:"https://json-schema.org/draft/2020-12/schema",$id:"https://json-schema.org/draft/2020-12/schema",$vocabulary:{"https:\
//json-schema.org/draft/2020-12/vocab/core":!0,"https://json-schema.org/draft/2020-12/vocab/applicator":!0,"https://json-schema.org/draft/2020-12/vocab/unevalua\
ted":!0,"https://json-schema.org/draft/2020-12/vocab/validation":!0,"https://json-schema.org/draft/2020-12/vocab/meta-data":!0,"https://json-schema.org/draft/20\
20-12/vocab/format-annotation":!0,"https://json-schema.org/draft/2020-12/vocab/content":!0},$dynamicAnchor:"meta",title:"Core and Validation specifications meta\
-schema",allOf:[{$ref:"meta/core"},{$ref:"meta/applicator"},{$ref:"meta/unevaluated"},{$ref:"meta/validation"},{$ref:"meta/meta-data"},{$ref:"meta/format-annota\
tion"},{$ref:"meta/content"}],type:["object","boolean"],$comment:"This meta-schema also defines keywords that have appeared in previous drafts in order to preve\
nt incompatible extensions as they remain in common use.",properties:{definitions:{$comment:'"definitions" has been replaced by "$defs".',type:"object",additionalProperties:{
$dynamicRef:"#meta"},deprecated:!0,default:{}},dependencies:{$comment:'"dependencies" has been split and replaced by "dependentSchemas" and "dependentRequired" \
in order to serve their differing semantics.',type:"object",additionalProperties:{anyOf:[{$dynamicRef:"#meta"},{$ref:"meta/validation#/$defs/stringArray"}]},deprecated:!0,
default:{}},$recursiveAnchor:{$comment:'"$recursiveAnchor" has been replaced by "$dynamicAnchor".',$ref:"meta/core#/$defs/anchorString",deprecated:!0},$recursiveRef:{
$comment:'"$recursiveRef" has been replaced by "$dynamicRef".',$ref:"meta/core#/$defs/uriReferenceString",deprecated:!0}}};var schema1={$schema:"https://json-schema.org/draft/2020-12/schema",$id:"https://json-schema.org/draft/2020-12/meta/core",$vocabulary:{"https://json-schema.org/\
draft/2020-12/vocab/core":!0},$dynamicAnchor:"meta",title:"Core vocabulary meta-schema",type:["object","boolean"],properties:{$id:{$ref:"#/$defs/uriReferenceStr\
ing",$comment:"Non-empty fragments not allowed.",pattern:"^[^#]*#?$"},$schema:{$ref:"#/$defs/uriString"},$ref:{$ref:"#/$defs/uriReferenceString"},$anchor:{$ref:"\
#/$defs/anchorString"},$dynamicRef:{$ref:"#/$defs/uriReferenceString"},$dynamicAnchor:{$ref:"#/$defs/anchorString"},$vocabulary:{type:"object",propertyNames:{$ref:"\
#/$defs/uriString"},additionalProperties:{type:"boolean"}},$comment:{type:"string"},$defs:{type:"object",additionalProperties:{$dynamicRef:"#meta"}}},$defs:{anchorString:{
type:"string",pattern:"^[A-Za-z_][-A-Za-z0-9._]*$"},uriString:{type:"string",format:"uri"},uriReferenceString:{type:"string",format:"uri-reference"}}};var pattern0=new RegExp("^[^#]*#?$","u"),pattern1=new RegExp("^[A-Za-z_][-A-Za-z0-9._]*$","u");function validate1(data,{instancePath="",parentData,parentDataProperty,
rootData=data,dynamicAnchors={}}={}){let vErrors=null,errors=0,evaluated0=validate1.evaluated;if(evaluated0.dynamicProps&&(evaluated0.props=void 0),evaluated0.dynamicItems&&
(evaluated0.items=void 0),!(data&&typeof data=="object"&&!Array.isArray(data))&&typeof data!="boolean"){let err0={instancePath,schemaPath:"#/type",keyword:"type",
params:{type:schema1.type},message:"must be object,boolean"};vErrors===null?vErrors=[err0]:vErrors.push(err0),errors++}if(dynamicAnchors.meta||(dynamicAnchors.meta=
validate1),data&&typeof data=="object"&&!Array.isArray(data)){if(data.$id!==void 0){let data0=data.$id;if(typeof data0!="string"){let err1={instancePath:instancePath+
"/$id",schemaPath:"#/$defs/uriReferenceString/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err1]:vErrors.push(err1),
errors++}if(typeof data0=="string"&&!pattern0.test(data0)){let err2={instancePath:instancePath+"/$id",schemaPath:"#/properties/%24id/pattern",keyword:"pattern",
params:{pattern:"^[^#]*#?$"},message:'must match pattern "^[^#]*#?$"'};vErrors===null?vErrors=[err2]:vErrors.push(err2),errors++}}if(data.$schema!==void 0&&typeof data.
$schema!="string"){let err3={instancePath:instancePath+"/$schema",schemaPath:"#/$defs/uriString/type",keyword:"type",params:{type:"string"},message:"must be str\
ing"};vErrors===null?vErrors=[err3]:vErrors.push(err3),errors++}if(data.$ref!==void 0&&typeof data.$ref!="string"){let err4={instancePath:instancePath+"/$ref",schemaPath:"\
#/$defs/uriReferenceString/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err4]:vErrors.push(err4),errors++}if(data.
$anchor!==void 0){let data3=data.$anchor;if(typeof data3=="string"){if(!pattern1.test(data3)){let err5={instancePath:instancePath+"/$anchor",schemaPath:"#/$defs\
/anchorString/pattern",keyword:"pattern",params:{pattern:"^[A-Za-z_][-A-Za-z0-9._]*$"},message:'must match pattern "^[A-Za-z_][-A-Za-z0-9._]*$"'};vErrors===null?
vErrors=[err5]:vErrors.push(err5),errors++}}else{let err6={instancePath:instancePath+"/$anchor",schemaPath:"#/$defs/anchorString/type",keyword:"type",params:{type:"\
string"},message:"must be string"};vErrors===null?vErrors=[err6]:vErrors.push(err6),errors++}}if(data.$dynamicRef!==void 0&&typeof data.$dynamicRef!="string"){let err7={
instancePath:instancePath+"/$dynamicRef",schemaPath:"#/$defs/uriReferenceString/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===
null?vErrors=[err7]:vErrors.push(err7),errors++}if(data.$dynamicAnchor!==void 0){let data5=data.$dynamicAnchor;if(typeof data5=="string"){if(!pattern1.test(data5)){
let err8={instancePath:instancePath+"/$dynamicAnchor",schemaPath:"#/$defs/anchorString/pattern",keyword:"pattern",params:{pattern:"^[A-Za-z_][-A-Za-z0-9._]*$"},
message:'must match pattern "^[A-Za-z_][-A-Za-z0-9._]*$"'};vErrors===null?vErrors=[err8]:vErrors.push(err8),errors++}}else{let err9={instancePath:instancePath+"\
/$dynamicAnchor",schemaPath:"#/$defs/anchorString/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err9]:vErrors.push(
err9),errors++}}if(data.$vocabulary!==void 0){let data6=data.$vocabulary;if(data6&&typeof data6=="object"&&!Array.isArray(data6)){for(let key0 in data6){let _errs22=errors;
if(typeof key0!="string"){let err10={instancePath:instancePath+"/$vocabulary",schemaPath:"#/$defs/uriString/type",keyword:"type",params:{type:"string"},message:"\
must be string",propertyName:key0};vErrors===null?vErrors=[err10]:vErrors.push(err10),errors++}var valid7=_errs22===errors;if(!valid7){let err11={instancePath:instancePath+
"/$vocabulary",schemaPath:"#/properties/%24vocabulary/propertyNames",keyword:"propertyNames",params:{propertyName:key0},message:"property name must be valid"};vErrors===
null?vErrors=[err11]:vErrors.push(err11),errors++}}for(let key1 in data6)if(typeof data6[key1]!="boolean"){let err12={instancePath:instancePath+"/$vocabulary/"+
key1.replace(/~/g,"~0").replace(/\//g,"~1"),schemaPath:"#/properties/%24vocabulary/additionalProperties/type",keyword:"type",params:{type:"boolean"},message:"mu\
st be boolean"};vErrors===null?vErrors=[err12]:vErrors.push(err12),errors++}}else{let err13={instancePath:instancePath+"/$vocabulary",schemaPath:"#/properties/%\
24vocabulary/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err13]:vErrors.push(err13),errors++}}if(data.$comment!==
void 0&&typeof data.$comment!="string"){let err14={instancePath:instancePath+"/$comment",schemaPath:"#/properties/%24comment/type",keyword:"type",params:{type:"\
string"},message:"must be string"};vErrors===null?vErrors=[err14]:vErrors.push(err14),errors++}if(data.$defs!==void 0){let data9=data.$defs;if(data9&&typeof data9==
"object"&&!Array.isArray(data9))for(let key2 in data9){let data10=data9[key2],_v0=dynamicAnchors.meta;if(_v0)if(!_v0(data10,{instancePath:instancePath+"/$defs/"+
key2.replace(/~/g,"~0").replace(/\//g,"~1"),parentData:data9,parentDataProperty:key2,rootData,dynamicAnchors}))vErrors=vErrors===null?_v0.errors:vErrors.concat(
_v0.errors),errors=vErrors.length;else var props0=_v0.evaluated.props,items0=_v0.evaluated.items;else if(!validate1(data10,{instancePath:instancePath+"/$defs/"+
key2.replace(/~/g,"~0").replace(/\//g,"~1"),parentData:data9,parentDataProperty:key2,rootData,dynamicAnchors}))vErrors=vErrors===null?validate1.errors:vErrors.concat(
validate1.errors),errors=vErrors.length;else{var props1=validate1.evaluated.props;props0!==!0&&props1!==void 0&&(props1===!0?props0=!0:(props0=props0||{},Object.
assign(props0,props1)));var items1=validate1.evaluated.items;items0!==!0&&items1!==void 0&&(items0=items1===!0?!0:items0>items1?items0:items1)}}else{let err15={
instancePath:instancePath+"/$defs",schemaPath:"#/properties/%24defs/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=
[err15]:vErrors.push(err15),errors++}}}return validate1.errors=vErrors,errors===0}validate1.evaluated={props:{$id:!0,$schema:!0,$ref:!0,$anchor:!0,$dynamicRef:!0,
$dynamicAnchor:!0,$vocabulary:!0,$comment:!0,$defs:!0},dynamicProps:!1,dynamicItems:!1};var schema9={$schema:"https://json-schema.org/draft/2020-12/schema",$id:"\
https://json-schema.org/draft/2020-12/meta/applicator",$vocabulary:{"https://json-schema.org/draft/2020-12/vocab/applicator":!0},$dynamicAnchor:"meta",title:"Ap\
plicator vocabulary meta-schema",type:["object","boolean"],properties:{prefixItems:{$ref:"#/$defs/schemaArray"},items:{$dynamicRef:"#meta"},contains:{$dynamicRef:"\
#meta"},additionalProperties:{$dynamicRef:"#meta"},properties:{type:"object",additionalProperties:{$dynamicRef:"#meta"},default:{}},patternProperties:{type:"obj\
ect",additionalProperties:{$dynamicRef:"#meta"},propertyNames:{format:"regex"},default:{}},dependentSchemas:{type:"object",additionalProperties:{$dynamicRef:"#m\
eta"},default:{}},propertyNames:{$dynamicRef:"#meta"},if:{$dynamicRef:"#meta"},then:{$dynamicRef:"#meta"},else:{$dynamicRef:"#meta"},allOf:{$ref:"#/$defs/schema\
Array"},anyOf:{$ref:"#/$defs/schemaArray"},oneOf:{$ref:"#/$defs/schemaArray"},not:{$dynamicRef:"#meta"}},$defs:{schemaArray:{type:"array",minItems:1,items:{$dynamicRef:"\
#meta"}}}};function validate4(data,{instancePath="",parentData,parentDataProperty,rootData=data,dynamicAnchors={}}={}){let vErrors=null,errors=0,evaluated0=validate4.evaluated;
if(evaluated0.dynamicProps&&(evaluated0.props=void 0),evaluated0.dynamicItems&&(evaluated0.items=void 0),Array.isArray(data)){if(data.length<1){let err0={instancePath,
schemaPath:"#/minItems",keyword:"minItems",params:{limit:1},message:"must NOT have fewer than 1 items"};vErrors===null?vErrors=[err0]:vErrors.push(err0),errors++}
let len0=data.length;for(let i0=0;i0<len0;i0++){let data0=data[i0],_v0=dynamicAnchors.meta;if(_v0)if(!_v0(data0,{instancePath:instancePath+"/"+i0,parentData:data,
parentDataProperty:i0,rootData,dynamicAnchors}))vErrors=vErrors===null?_v0.errors:vErrors.concat(_v0.errors),errors=vErrors.length;else var props0=_v0.evaluated.
props,items0=_v0.evaluated.items;else if(!validate4(data0,{instancePath:instancePath+"/"+i0,parentData:data,parentDataProperty:i0,rootData,dynamicAnchors}))vErrors=
vErrors===null?validate4.errors:vErrors.concat(validate4.errors),errors=vErrors.length;else{var props1=validate4.evaluated.props;props0!==!0&&props1!==void 0&&(props1===
!0?props0=!0:(props0=props0||{},Object.assign(props0,props1)));var items1=validate4.evaluated.items;items0!==!0&&items1!==void 0&&(items0=items1===!0?!0:items0>
items1?items0:items1)}}}else{let err1={instancePath,schemaPath:"#/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err1]:
vErrors.push(err1),errors++}return validate4.errors=vErrors,errors===0}validate4.evaluated={items:!0,dynamicProps:!1,dynamicItems:!1};function validate3(data,{instancePath="",
parentData,parentDataProperty,rootData=data,dynamicAnchors={}}={}){let vErrors=null,errors=0,evaluated0=validate3.evaluated;if(evaluated0.dynamicProps&&(evaluated0.
props=void 0),evaluated0.dynamicItems&&(evaluated0.items=void 0),!(data&&typeof data=="object"&&!Array.isArray(data))&&typeof data!="boolean"){let err0={instancePath,
schemaPath:"#/type",keyword:"type",params:{type:schema9.type},message:"must be object,boolean"};vErrors===null?vErrors=[err0]:vErrors.push(err0),errors++}if(dynamicAnchors.
meta||(dynamicAnchors.meta=validate3),data&&typeof data=="object"&&!Array.isArray(data)){if(data.prefixItems!==void 0&&(validate4(data.prefixItems,{instancePath:instancePath+
"/prefixItems",parentData:data,parentDataProperty:"prefixItems",rootData,dynamicAnchors})||(vErrors=vErrors===null?validate4.errors:vErrors.concat(validate4.errors),
errors=vErrors.length)),data.items!==void 0){let data1=data.items,_v0=dynamicAnchors.meta;if(_v0)if(!_v0(data1,{instancePath:instancePath+"/items",parentData:data,
parentDataProperty:"items",rootData,dynamicAnchors}))vErrors=vErrors===null?_v0.errors:vErrors.concat(_v0.errors),errors=vErrors.length;else var props0=_v0.evaluated.
props,items0=_v0.evaluated.items;else if(!validate3(data1,{instancePath:instancePath+"/items",parentData:data,parentDataProperty:"items",rootData,dynamicAnchors}))
vErrors=vErrors===null?validate3.errors:vErrors.concat(validate3.errors),errors=vErrors.length;else{var props1=validate3.evaluated.props;props0!==!0&&props1!==void 0&&
(props1===!0?props0=!0:(props0=props0||{},Object.assign(props0,props1)));var items1=validate3.evaluated.items;items0!==!0&&items1!==void 0&&(items0=items1===!0?
!0:items0>items1?items0:items1)}}if(data.contains!==void 0){let data2=data.contains,_v1=dynamicAnchors.meta;if(_v1)if(!_v1(data2,{instancePath:instancePath+"/co\
ntains",parentData:data,parentDataProperty:"contains",rootData,dynamicAnchors}))vErrors=vErrors===null?_v1.errors:vErrors.concat(_v1.errors),errors=vErrors.length;else
var props2=_v1.evaluated.props,items2=_v1.evaluated.items;else if(!validate3(data2,{instancePath:instancePath+"/contains",parentData:data,parentDataProperty:"co\
ntains",rootData,dynamicAnchors}))vErrors=vErrors===null?validate3.errors:vErrors.concat(validate3.errors),errors=vErrors.length;else{var props3=validate3.evaluated.
props;props2!==!0&&props3!==void 0&&(props3===!0?props2=!0:(props2=props2||{},Object.assign(props2,props3)));var items3=validate3.evaluated.items;items2!==!0&&items3!==
void 0&&(items2=items3===!0?!0:items2>items3?items2:items3)}}if(data.additionalProperties!==void 0){let data3=data.additionalProperties,_v2=dynamicAnchors.meta;
if(_v2)if(!_v2(data3,{instancePath:instancePath+"/additionalProperties",parentData:data,parentDataProperty:"additionalProperties",rootData,dynamicAnchors}))vErrors=
vErrors===null?_v2.errors:vErrors.concat(_v2.errors),errors=vErrors.length;else var props4=_v2.evaluated.props,items4=_v2.evaluated.items;else if(!validate3(data3,
{instancePath:instancePath+"/additionalProperties",parentData:data,parentDataProperty:"additionalProperties",rootData,dynamicAnchors}))vErrors=vErrors===null?validate3.
errors:vErrors.concat(validate3.errors),errors=vErrors.length;else{var props5=validate3.evaluated.props;props4!==!0&&props5!==void 0&&(props5===!0?props4=!0:(props4=
props4||{},Object.assign(props4,props5)));var items5=validate3.evaluated.items;items4!==!0&&items5!==void 0&&(items4=items5===!0?!0:items4>items5?items4:items5)}}
if(data.properties!==void 0){let data4=data.properties;if(data4&&typeof data4=="object"&&!Array.isArray(data4))for(let key0 in data4){let data5=data4[key0],_v3=dynamicAnchors.
meta;if(_v3)if(!_v3(data5,{instancePath:instancePath+"/properties/"+key0.replace(/~/g,"~0").replace(/\//g,"~1"),parentData:data4,parentDataProperty:key0,rootData,
dynamicAnchors}))vErrors=vErrors===null?_v3.errors:vErrors.concat(_v3.errors),errors=vErrors.length;else var props6=_v3.evaluated.props,items6=_v3.evaluated.items;else if(!validate3(
data5,{instancePath:instancePath+"/properties/"+key0.replace(/~/g,"~0").replace(/\//g,"~1"),parentData:data4,parentDataProperty:key0,rootData,dynamicAnchors}))vErrors=
vErrors===null?validate3.errors:vErrors.concat(validate3.errors),errors=vErrors.length;else{var props7=validate3.evaluated.props;props6!==!0&&props7!==void 0&&(props7===
!0?props6=!0:(props6=props6||{},Object.assign(props6,props7)));var items7=validate3.evaluated.items;items6!==!0&&items7!==void 0&&(items6=items7===!0?!0:items6>
items7?items6:items7)}}else{let err1={instancePath:instancePath+"/properties",schemaPath:"#/properties/properties/type",keyword:"type",params:{type:"object"},message:"\
must be object"};vErrors===null?vErrors=[err1]:vErrors.push(err1),errors++}}if(data.patternProperties!==void 0){let data6=data.patternProperties;if(data6&&typeof data6==
"object"&&!Array.isArray(data6)){for(let key1 in data6){var valid2=errors===errors;if(!valid2){let err2={instancePath:instancePath+"/patternProperties",schemaPath:"\
#/properties/patternProperties/propertyNames",keyword:"propertyNames",params:{propertyName:key1},message:"property name must be valid"};vErrors===null?vErrors=[
err2]:vErrors.push(err2),errors++}}for(let key2 in data6){let data7=data6[key2],_v4=dynamicAnchors.meta;if(_v4)if(!_v4(data7,{instancePath:instancePath+"/patter\
nProperties/"+key2.replace(/~/g,"~0").replace(/\//g,"~1"),parentData:data6,parentDataProperty:key2,rootData,dynamicAnchors}))vErrors=vErrors===null?_v4.errors:vErrors.
concat(_v4.errors),errors=vErrors.length;else var props8=_v4.evaluated.props,items8=_v4.evaluated.items;else if(!validate3(data7,{instancePath:instancePath+"/pa\
tternProperties/"+key2.replace(/~/g,"~0").replace(/\//g,"~1"),parentData:data6,parentDataProperty:key2,rootData,dynamicAnchors}))vErrors=vErrors===null?validate3.
errors:vErrors.concat(validate3.errors),errors=vErrors.length;else{var props9=validate3.evaluated.props;props8!==!0&&props9!==void 0&&(props9===!0?props8=!0:(props8=
props8||{},Object.assign(props8,props9)));var items9=validate3.evaluated.items;items8!==!0&&items9!==void 0&&(items8=items9===!0?!0:items8>items9?items8:items9)}}}else{
let err3={instancePath:instancePath+"/patternProperties",schemaPath:"#/properties/patternProperties/type",keyword:"type",params:{type:"object"},message:"must be\
 object"};vErrors===null?vErrors=[err3]:vErrors.push(err3),errors++}}if(data.dependentSchemas!==void 0){let data8=data.dependentSchemas;if(data8&&typeof data8==
"object"&&!Array.isArray(data8))for(let key3 in data8){let data9=data8[key3],_v5=dynamicAnchors.meta;if(_v5)if(!_v5(data9,{instancePath:instancePath+"/dependent\
Schemas/"+key3.replace(/~/g,"~0").replace(/\//g,"~1"),parentData:data8,parentDataProperty:key3,rootData,dynamicAnchors}))vErrors=vErrors===null?_v5.errors:vErrors.
concat(_v5.errors),errors=vErrors.length;else var props10=_v5.evaluated.props,items10=_v5.evaluated.items;else if(!validate3(data9,{instancePath:instancePath+"/\
dependentSchemas/"+key3.replace(/~/g,"~0").replace(/\//g,"~1"),parentData:data8,parentDataProperty:key3,rootData,dynamicAnchors}))vErrors=vErrors===null?validate3.
errors:vErrors.concat(validate3.errors),errors=vErrors.length;else{var props11=validate3.evaluated.props;props10!==!0&&props11!==void 0&&(props11===!0?props10=!0:
(props10=props10||{},Object.assign(props10,props11)));var items11=validate3.evaluated.items;items10!==!0&&items11!==void 0&&(items10=items11===!0?!0:items10>items11?
items10:items11)}}else{let err4={instancePath:instancePath+"/dependentSchemas",schemaPath:"#/properties/dependentSchemas/type",keyword:"type",params:{type:"obje\
ct"},message:"must be object"};vErrors===null?vErrors=[err4]:vErrors.push(err4),errors++}}if(data.propertyNames!==void 0){let data10=data.propertyNames,_v6=dynamicAnchors.
meta;if(_v6)if(!_v6(data10,{instancePath:instancePath+"/propertyNames",parentData:data,parentDataProperty:"propertyNames",rootData,dynamicAnchors}))vErrors=vErrors===
null?_v6.errors:vErrors.concat(_v6.errors),errors=vErrors.length;else var props12=_v6.evaluated.props,items12=_v6.evaluated.items;else if(!validate3(data10,{instancePath:instancePath+
"/propertyNames",parentData:data,parentDataProperty:"propertyNames",rootData,dynamicAnchors}))vErrors=vErrors===null?validate3.errors:vErrors.concat(validate3.errors),
errors=vErrors.length;else{var props13=validate3.evaluated.props;props12!==!0&&props13!==void 0&&(props13===!0?props12=!0:(props12=props12||{},Object.assign(props12,
props13)));var items13=validate3.evaluated.items;items12!==!0&&items13!==void 0&&(items12=items13===!0?!0:items12>items13?items12:items13)}}if(data.if!==void 0){
let data11=data.if,_v7=dynamicAnchors.meta;if(_v7)if(!_v7(data11,{instancePath:instancePath+"/if",parentData:data,parentDataProperty:"if",rootData,dynamicAnchors}))
vErrors=vErrors===null?_v7.errors:vErrors.concat(_v7.errors),errors=vErrors.length;else var props14=_v7.evaluated.props,items14=_v7.evaluated.items;else if(!validate3(
data11,{instancePath:instancePath+"/if",parentData:data,parentDataProperty:"if",rootData,dynamicAnchors}))vErrors=vErrors===null?validate3.errors:vErrors.concat(
validate3.errors),errors=vErrors.length;else{var props15=validate3.evaluated.props;props14!==!0&&props15!==void 0&&(props15===!0?props14=!0:(props14=props14||{},
Object.assign(props14,props15)));var items15=validate3.evaluated.items;items14!==!0&&items15!==void 0&&(items14=items15===!0?!0:items14>items15?items14:items15)}}
if(data.then!==void 0){let data12=data.then,_v8=dynamicAnchors.meta;if(_v8)if(!_v8(data12,{instancePath:instancePath+"/then",parentData:data,parentDataProperty:"\
then",rootData,dynamicAnchors}))vErrors=vErrors===null?_v8.errors:vErrors.concat(_v8.errors),errors=vErrors.length;else var props16=_v8.evaluated.props,items16=_v8.
evaluated.items;else if(!validate3(data12,{instancePath:instancePath+"/then",parentData:data,parentDataProperty:"then",rootData,dynamicAnchors}))vErrors=vErrors===
null?validate3.errors:vErrors.concat(validate3.errors),errors=vErrors.length;else{var props17=validate3.evaluated.props;props16!==!0&&props17!==void 0&&(props17===
!0?props16=!0:(props16=props16||{},Object.assign(props16,props17)));var items17=validate3.evaluated.items;items16!==!0&&items17!==void 0&&(items16=items17===!0?
!0:items16>items17?items16:items17)}}if(data.else!==void 0){let data13=data.else,_v9=dynamicAnchors.meta;if(_v9)if(!_v9(data13,{instancePath:instancePath+"/else",
parentData:data,parentDataProperty:"else",rootData,dynamicAnchors}))vErrors=vErrors===null?_v9.errors:vErrors.concat(_v9.errors),errors=vErrors.length;else var props18=_v9.
evaluated.props,items18=_v9.evaluated.items;else if(!validate3(data13,{instancePath:instancePath+"/else",parentData:data,parentDataProperty:"else",rootData,dynamicAnchors}))
vErrors=vErrors===null?validate3.errors:vErrors.concat(validate3.errors),errors=vErrors.length;else{var props19=validate3.evaluated.props;props18!==!0&&props19!==
void 0&&(props19===!0?props18=!0:(props18=props18||{},Object.assign(props18,props19)));var items19=validate3.evaluated.items;items18!==!0&&items19!==void 0&&(items18=
items19===!0?!0:items18>items19?items18:items19)}}if(data.allOf!==void 0&&(validate4(data.allOf,{instancePath:instancePath+"/allOf",parentData:data,parentDataProperty:"\
allOf",rootData,dynamicAnchors})||(vErrors=vErrors===null?validate4.errors:vErrors.concat(validate4.errors),errors=vErrors.length)),data.anyOf!==void 0&&(validate4(
data.anyOf,{instancePath:instancePath+"/anyOf",parentData:data,parentDataProperty:"anyOf",rootData,dynamicAnchors})||(vErrors=vErrors===null?validate4.errors:vErrors.
concat(validate4.errors),errors=vErrors.length)),data.oneOf!==void 0&&(validate4(data.oneOf,{instancePath:instancePath+"/oneOf",parentData:data,parentDataProperty:"\
oneOf",rootData,dynamicAnchors})||(vErrors=vErrors===null?validate4.errors:vErrors.concat(validate4.errors),errors=vErrors.length)),data.not!==void 0){let data17=data.
not,_v10=dynamicAnchors.meta;if(_v10)if(!_v10(data17,{instancePath:instancePath+"/not",parentData:data,parentDataProperty:"not",rootData,dynamicAnchors}))vErrors=
vErrors===null?_v10.errors:vErrors.concat(_v10.errors),errors=vErrors.length;else var props20=_v10.evaluated.props,items20=_v10.evaluated.items;else if(!validate3(
data17,{instancePath:instancePath+"/not",parentData:data,parentDataProperty:"not",rootData,dynamicAnchors}))vErrors=vErrors===null?validate3.errors:vErrors.concat(
validate3.errors),errors=vErrors.length;else{var props21=validate3.evaluated.props;props20!==!0&&props21!==void 0&&(props21===!0?props20=!0:(props20=props20||{},
Object.assign(props20,props21)));var items21=validate3.evaluated.items;items20!==!0&&items21!==void 0&&(items20=items21===!0?!0:items20>items21?items20:items21)}}}
return validate3.errors=vErrors,errors===0}validate3.evaluated={props:{prefixItems:!0,items:!0,contains:!0,additionalProperties:!0,properties:!0,patternProperties:!0,
dependentSchemas:!0,propertyNames:!0,if:!0,then:!0,else:!0,allOf:!0,anyOf:!0,oneOf:!0,not:!0},dynamicProps:!1,dynamicItems:!1};var schema11={$schema:"https://js\
on-schema.org/draft/2020-12/schema",$id:"https://json-schema.org/draft/2020-12/meta/unevaluated",$vocabulary:{"https://json-schema.org/draft/2020-12/vocab/uneva\
luated":!0},$dynamicAnchor:"meta",title:"Unevaluated applicator vocabulary meta-schema",type:["object","boolean"],properties:{unevaluatedItems:{$dynamicRef:"#me\
ta"},unevaluatedProperties:{$dynamicRef:"#meta"}}};function validate10(data,{instancePath="",parentData,parentDataProperty,rootData=data,dynamicAnchors={}}={}){
let vErrors=null,errors=0,evaluated0=validate10.evaluated;if(evaluated0.dynamicProps&&(evaluated0.props=void 0),evaluated0.dynamicItems&&(evaluated0.items=void 0),
!(data&&typeof data=="object"&&!Array.isArray(data))&&typeof data!="boolean"){let err0={instancePath,schemaPath:"#/type",keyword:"type",params:{type:schema11.type},
message:"must be object,boolean"};vErrors===null?vErrors=[err0]:vErrors.push(err0),errors++}if(dynamicAnchors.meta||(dynamicAnchors.meta=validate10),data&&typeof data==
"object"&&!Array.isArray(data)){if(data.unevaluatedItems!==void 0){let data0=data.unevaluatedItems,_v0=dynamicAnchors.meta;if(_v0)if(!_v0(data0,{instancePath:instancePath+
"/unevaluatedItems",parentData:data,parentDataProperty:"unevaluatedItems",rootData,dynamicAnchors}))vErrors=vErrors===null?_v0.errors:vErrors.concat(_v0.errors),
errors=vErrors.length;else var props0=_v0.evaluated.props,items0=_v0.evaluated.items;else if(!validate10(data0,{instancePath:instancePath+"/unevaluatedItems",parentData:data,
parentDataProperty:"unevaluatedItems",rootData,dynamicAnchors}))vErrors=vErrors===null?validate10.errors:vErrors.concat(validate10.errors),errors=vErrors.length;else{
var props1=validate10.evaluated.props;props0!==!0&&props1!==void 0&&(props1===!0?props0=!0:(props0=props0||{},Object.assign(props0,props1)));var items1=validate10.
evaluated.items;items0!==!0&&items1!==void 0&&(items0=items1===!0?!0:items0>items1?items0:items1)}}if(data.unevaluatedProperties!==void 0){let data1=data.unevaluatedProperties,
_v1=dynamicAnchors.meta;if(_v1)if(!_v1(data1,{instancePath:instancePath+"/unevaluatedProperties",parentData:data,parentDataProperty:"unevaluatedProperties",rootData,
dynamicAnchors}))vErrors=vErrors===null?_v1.errors:vErrors.concat(_v1.errors),errors=vErrors.length;else var props2=_v1.evaluated.props,items2=_v1.evaluated.items;else if(!validate10(
data1,{instancePath:instancePath+"/unevaluatedProperties",parentData:data,parentDataProperty:"unevaluatedProperties",rootData,dynamicAnchors}))vErrors=vErrors===
null?validate10.errors:vErrors.concat(validate10.errors),errors=vErrors.length;else{var props3=validate10.evaluated.props;props2!==!0&&props3!==void 0&&(props3===
!0?props2=!0:(props2=props2||{},Object.assign(props2,props3)));var items3=validate10.evaluated.items;items2!==!0&&items3!==void 0&&(items2=items3===!0?!0:items2>
items3?items2:items3)}}}return validate10.errors=vErrors,errors===0}validate10.evaluated={props:{unevaluatedItems:!0,unevaluatedProperties:!0},dynamicProps:!1,dynamicItems:!1};
var schema12={$schema:"https://json-schema.org/draft/2020-12/schema",$id:"https://json-schema.org/draft/2020-12/meta/validation",$vocabulary:{"https://json-sche\
ma.org/draft/2020-12/vocab/validation":!0},$dynamicAnchor:"meta",title:"Validation vocabulary meta-schema",type:["object","boolean"],properties:{type:{anyOf:[{$ref:"\
#/$defs/simpleTypes"},{type:"array",items:{$ref:"#/$defs/simpleTypes"},minItems:1,uniqueItems:!0}]},const:!0,enum:{type:"array",items:!0},multipleOf:{type:"numb\
er",exclusiveMinimum:0},maximum:{type:"number"},exclusiveMaximum:{type:"number"},minimum:{type:"number"},exclusiveMinimum:{type:"number"},maxLength:{$ref:"#/$de\
fs/nonNegativeInteger"},minLength:{$ref:"#/$defs/nonNegativeIntegerDefault0"},pattern:{type:"string",format:"regex"},maxItems:{$ref:"#/$defs/nonNegativeInteger"},
minItems:{$ref:"#/$defs/nonNegativeIntegerDefault0"},uniqueItems:{type:"boolean",default:!1},maxContains:{$ref:"#/$defs/nonNegativeInteger"},minContains:{$ref:"\
#/$defs/nonNegativeInteger",default:1},maxProperties:{$ref:"#/$defs/nonNegativeInteger"},minProperties:{$ref:"#/$defs/nonNegativeIntegerDefault0"},required:{$ref:"\
#/$defs/stringArray"},dependentRequired:{type:"object",additionalProperties:{$ref:"#/$defs/stringArray"}}},$defs:{nonNegativeInteger:{type:"integer",minimum:0},
nonNegativeIntegerDefault0:{$ref:"#/$defs/nonNegativeInteger",default:0},simpleTypes:{enum:["array","boolean","integer","null","number","object","string"]},stringArray:{
type:"array",items:{type:"string"},uniqueItems:!0,default:[]}}},schema13={enum:["array","boolean","integer","null","number","object","string"]};var func0=require_equal().default;function validate12(data,{instancePath="",parentData,parentDataProperty,rootData=data,dynamicAnchors={}}={}){let vErrors=null,
errors=0,evaluated0=validate12.evaluated;if(evaluated0.dynamicProps&&(evaluated0.props=void 0),evaluated0.dynamicItems&&(evaluated0.items=void 0),!(data&&typeof data==
"object"&&!Array.isArray(data))&&typeof data!="boolean"){let err0={instancePath,schemaPath:"#/type",keyword:"type",params:{type:schema12.type},message:"must be \
object,boolean"};vErrors===null?vErrors=[err0]:vErrors.push(err0),errors++}if(dynamicAnchors.meta||(dynamicAnchors.meta=validate12),data&&typeof data=="object"&&
!Array.isArray(data)){if(data.type!==void 0){let data0=data.type,_errs2=errors,valid1=!1,_errs3=errors;if(!(data0==="array"||data0==="boolean"||data0==="integer"||
data0==="null"||data0==="number"||data0==="object"||data0==="string")){let err1={instancePath:instancePath+"/type",schemaPath:"#/$defs/simpleTypes/enum",keyword:"\
enum",params:{allowedValues:schema13.enum},message:"must be equal to one of the allowed values"};vErrors===null?vErrors=[err1]:vErrors.push(err1),errors++}var _valid0=_errs3===
errors;valid1=valid1||_valid0;let _errs5=errors;if(Array.isArray(data0)){if(data0.length<1){let err2={instancePath:instancePath+"/type",schemaPath:"#/properties\
/type/anyOf/1/minItems",keyword:"minItems",params:{limit:1},message:"must NOT have fewer than 1 items"};vErrors===null?vErrors=[err2]:vErrors.push(err2),errors++}
let len0=data0.length;for(let i0=0;i0<len0;i0++){let data1=data0[i0];if(!(data1==="array"||data1==="boolean"||data1==="integer"||data1==="null"||data1==="number"||
data1==="object"||data1==="string")){let err3={instancePath:instancePath+"/type/"+i0,schemaPath:"#/$defs/simpleTypes/enum",keyword:"enum",params:{allowedValues:schema13.
enum},message:"must be equal to one of the allowed values"};vErrors===null?vErrors=[err3]:vErrors.push(err3),errors++}}let i1=data0.length,j0;if(i1>1){outer0:for(;i1--;)
for(j0=i1;j0--;)if(func0(data0[i1],data0[j0])){let err4={instancePath:instancePath+"/type",schemaPath:"#/properties/type/anyOf/1/uniqueItems",keyword:"uniqueIte\
ms",params:{i:i1,j:j0},message:"must NOT have duplicate items (items ## "+j0+" and "+i1+" are identical)"};vErrors===null?vErrors=[err4]:vErrors.push(err4),errors++;
break outer0}}}else{let err5={instancePath:instancePath+"/type",schemaPath:"#/properties/type/anyOf/1/type",keyword:"type",params:{type:"array"},message:"must b\
e array"};vErrors===null?vErrors=[err5]:vErrors.push(err5),errors++}var _valid0=_errs5===errors;if(valid1=valid1||_valid0,valid1)errors=_errs2,vErrors!==null&&(_errs2?
vErrors.length=_errs2:vErrors=null);else{let err6={instancePath:instancePath+"/type",schemaPath:"#/properties/type/anyOf",keyword:"anyOf",params:{},message:"mus\
t match a schema in anyOf"};vErrors===null?vErrors=[err6]:vErrors.push(err6),errors++}}if(data.enum!==void 0&&!Array.isArray(data.enum)){let err7={instancePath:instancePath+
"/enum",schemaPath:"#/properties/enum/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err7]:vErrors.push(err7),errors++}
if(data.multipleOf!==void 0){let data3=data.multipleOf;if(typeof data3=="number"&&isFinite(data3)){if(data3<=0||isNaN(data3)){let err8={instancePath:instancePath+
"/multipleOf",schemaPath:"#/properties/multipleOf/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison:">",limit:0},message:"must be > 0"};vErrors===
null?vErrors=[err8]:vErrors.push(err8),errors++}}else{let err9={instancePath:instancePath+"/multipleOf",schemaPath:"#/properties/multipleOf/type",keyword:"type",
params:{type:"number"},message:"must be number"};vErrors===null?vErrors=[err9]:vErrors.push(err9),errors++}}if(data.maximum!==void 0){let data4=data.maximum;if(!(typeof data4==
"number"&&isFinite(data4))){let err10={instancePath:instancePath+"/maximum",schemaPath:"#/properties/maximum/type",keyword:"type",params:{type:"number"},message:"\
must be number"};vErrors===null?vErrors=[err10]:vErrors.push(err10),errors++}}if(data.exclusiveMaximum!==void 0){let data5=data.exclusiveMaximum;if(!(typeof data5==
"number"&&isFinite(data5))){let err11={instancePath:instancePath+"/exclusiveMaximum",schemaPath:"#/properties/exclusiveMaximum/type",keyword:"type",params:{type:"\
number"},message:"must be number"};vErrors===null?vErrors=[err11]:vErrors.push(err11),errors++}}if(data.minimum!==void 0){let data6=data.minimum;if(!(typeof data6==
"number"&&isFinite(data6))){let err12={instancePath:instancePath+"/minimum",schemaPath:"#/properties/minimum/type",keyword:"type",params:{type:"number"},message:"\
must be number"};vErrors===null?vErrors=[err12]:vErrors.push(err12),errors++}}if(data.exclusiveMinimum!==void 0){let data7=data.exclusiveMinimum;if(!(typeof data7==
"number"&&isFinite(data7))){let err13={instancePath:instancePath+"/exclusiveMinimum",schemaPath:"#/properties/exclusiveMinimum/type",keyword:"type",params:{type:"\
number"},message:"must be number"};vErrors===null?vErrors=[err13]:vErrors.push(err13),errors++}}if(data.maxLength!==void 0){let data8=data.maxLength;if(!(typeof data8==
"number"&&!(data8%1)&&!isNaN(data8)&&isFinite(data8))){let err14={instancePath:instancePath+"/maxLength",schemaPath:"#/$defs/nonNegativeInteger/type",keyword:"t\
ype",params:{type:"integer"},message:"must be integer"};vErrors===null?vErrors=[err14]:vErrors.push(err14),errors++}if(typeof data8=="number"&&isFinite(data8)&&
(data8<0||isNaN(data8))){let err15={instancePath:instancePath+"/maxLength",schemaPath:"#/$defs/nonNegativeInteger/minimum",keyword:"minimum",params:{comparison:"\
>=",limit:0},message:"must be >= 0"};vErrors===null?vErrors=[err15]:vErrors.push(err15),errors++}}if(data.minLength!==void 0){let data9=data.minLength;if(!(typeof data9==
"number"&&!(data9%1)&&!isNaN(data9)&&isFinite(data9))){let err16={instancePath:instancePath+"/minLength",schemaPath:"#/$defs/nonNegativeIntegerDefault0/type",keyword:"\
type",params:{type:"integer"},message:"must be integer"};vErrors===null?vErrors=[err16]:vErrors.push(err16),errors++}if(typeof data9=="number"&&isFinite(data9)&&
(data9<0||isNaN(data9))){let err17={instancePath:instancePath+"/minLength",schemaPath:"#/$defs/nonNegativeIntegerDefault0/minimum",keyword:"minimum",params:{comparison:"\
>=",limit:0},message:"must be >= 0"};vErrors===null?vErrors=[err17]:vErrors.push(err17),errors++}}if(data.pattern!==void 0&&typeof data.pattern!="string"){let err18={
instancePath:instancePath+"/pattern",schemaPath:"#/properties/pattern/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=
[err18]:vErrors.push(err18),errors++}if(data.maxItems!==void 0){let data11=data.maxItems;if(!(typeof data11=="number"&&!(data11%1)&&!isNaN(data11)&&isFinite(data11))){
let err19={instancePath:instancePath+"/maxItems",schemaPath:"#/$defs/nonNegativeInteger/type",keyword:"type",params:{type:"integer"},message:"must be integer"};
vErrors===null?vErrors=[err19]:vErrors.push(err19),errors++}if(typeof data11=="number"&&isFinite(data11)&&(data11<0||isNaN(data11))){let err20={instancePath:instancePath+
"/maxItems",schemaPath:"#/$defs/nonNegativeInteger/minimum",keyword:"minimum",params:{comparison:">=",limit:0},message:"must be >= 0"};vErrors===null?vErrors=[err20]:
vErrors.push(err20),errors++}}if(data.minItems!==void 0){let data12=data.minItems;if(!(typeof data12=="number"&&!(data12%1)&&!isNaN(data12)&&isFinite(data12))){
let err21={instancePath:instancePath+"/minItems",schemaPath:"#/$defs/nonNegativeIntegerDefault0/type",keyword:"type",params:{type:"integer"},message:"must be in\
teger"};vErrors===null?vErrors=[err21]:vErrors.push(err21),errors++}if(typeof data12=="number"&&isFinite(data12)&&(data12<0||isNaN(data12))){let err22={instancePath:instancePath+
"/minItems",schemaPath:"#/$defs/nonNegativeIntegerDefault0/minimum",keyword:"minimum",params:{comparison:">=",limit:0},message:"must be >= 0"};vErrors===null?vErrors=
[err22]:vErrors.push(err22),errors++}}if(data.uniqueItems!==void 0&&typeof data.uniqueItems!="boolean"){let err23={instancePath:instancePath+"/uniqueItems",schemaPath:"\
#/properties/uniqueItems/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===null?vErrors=[err23]:vErrors.push(err23),errors++}if(data.
maxContains!==void 0){let data14=data.maxContains;if(!(typeof data14=="number"&&!(data14%1)&&!isNaN(data14)&&isFinite(data14))){let err24={instancePath:instancePath+
"/maxContains",schemaPath:"#/$defs/nonNegativeInteger/type",keyword:"type",params:{type:"integer"},message:"must be integer"};vErrors===null?vErrors=[err24]:vErrors.
push(err24),errors++}if(typeof data14=="number"&&isFinite(data14)&&(data14<0||isNaN(data14))){let err25={instancePath:instancePath+"/maxContains",schemaPath:"#/\
$defs/nonNegativeInteger/minimum",keyword:"minimum",params:{comparison:">=",limit:0},message:"must be >= 0"};vErrors===null?vErrors=[err25]:vErrors.push(err25),
errors++}}if(data.minContains!==void 0){let data15=data.minContains;if(!(typeof data15=="number"&&!(data15%1)&&!isNaN(data15)&&isFinite(data15))){let err26={instancePath:instancePath+
"/minContains",schemaPath:"#/$defs/nonNegativeInteger/type",keyword:"type",params:{type:"integer"},message:"must be integer"};vErrors===null?vErrors=[err26]:vErrors.
push(err26),errors++}if(typeof data15=="number"&&isFinite(data15)&&(data15<0||isNaN(data15))){let err27={instancePath:instancePath+"/minContains",schemaPath:"#/\
$defs/nonNegativeInteger/minimum",keyword:"minimum",params:{comparison:">=",limit:0},message:"must be >= 0"};vErrors===null?vErrors=[err27]:vErrors.push(err27),
errors++}}if(data.maxProperties!==void 0){let data16=data.maxProperties;if(!(typeof data16=="number"&&!(data16%1)&&!isNaN(data16)&&isFinite(data16))){let err28={
instancePath:instancePath+"/maxProperties",schemaPath:"#/$defs/nonNegativeInteger/type",keyword:"type",params:{type:"integer"},message:"must be integer"};vErrors===
null?vErrors=[err28]:vErrors.push(err28),errors++}if(typeof data16=="number"&&isFinite(data16)&&(data16<0||isNaN(data16))){let err29={instancePath:instancePath+
"/maxProperties",schemaPath:"#/$defs/nonNegativeInteger/minimum",keyword:"minimum",params:{comparison:">=",limit:0},message:"must be >= 0"};vErrors===null?vErrors=
[err29]:vErrors.push(err29),errors++}}if(data.minProperties!==void 0){let data17=data.minProperties;if(!(typeof data17=="number"&&!(data17%1)&&!isNaN(data17)&&isFinite(
data17))){let err30={instancePath:instancePath+"/minProperties",schemaPath:"#/$defs/nonNegativeIntegerDefault0/type",keyword:"type",params:{type:"integer"},message:"\
must be integer"};vErrors===null?vErrors=[err30]:vErrors.push(err30),errors++}if(typeof data17=="number"&&isFinite(data17)&&(data17<0||isNaN(data17))){let err31={
instancePath:instancePath+"/minProperties",schemaPath:"#/$defs/nonNegativeIntegerDefault0/minimum",keyword:"minimum",params:{comparison:">=",limit:0},message:"m\
ust be >= 0"};vErrors===null?vErrors=[err31]:vErrors.push(err31),errors++}}if(data.required!==void 0){let data18=data.required;if(Array.isArray(data18)){let len1=data18.
length;for(let i2=0;i2<len1;i2++)if(typeof data18[i2]!="string"){let err32={instancePath:instancePath+"/required/"+i2,schemaPath:"#/$defs/stringArray/items/type",
keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err32]:vErrors.push(err32),errors++}let i3=data18.length,j1;if(i3>1){let indices0={};
for(;i3--;){let item0=data18[i3];if(typeof item0=="string"){if(typeof indices0[item0]=="number"){j1=indices0[item0];let err33={instancePath:instancePath+"/requi\
red",schemaPath:"#/$defs/stringArray/uniqueItems",keyword:"uniqueItems",params:{i:i3,j:j1},message:"must NOT have duplicate items (items ## "+j1+" and "+i3+" ar\
e identical)"};vErrors===null?vErrors=[err33]:vErrors.push(err33),errors++;break}indices0[item0]=i3}}}}else{let err34={instancePath:instancePath+"/required",schemaPath:"\
#/$defs/stringArray/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err34]:vErrors.push(err34),errors++}}if(data.dependentRequired!==
void 0){let data20=data.dependentRequired;if(data20&&typeof data20=="object"&&!Array.isArray(data20))for(let key0 in data20){let data21=data20[key0];if(Array.isArray(
data21)){let len2=data21.length;for(let i4=0;i4<len2;i4++)if(typeof data21[i4]!="string"){let err35={instancePath:instancePath+"/dependentRequired/"+key0.replace(
/~/g,"~0").replace(/\//g,"~1")+"/"+i4,schemaPath:"#/$defs/stringArray/items/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?
vErrors=[err35]:vErrors.push(err35),errors++}let i5=data21.length,j2;if(i5>1){let indices1={};for(;i5--;){let item1=data21[i5];if(typeof item1=="string"){if(typeof indices1[item1]==
"number"){j2=indices1[item1];let err36={instancePath:instancePath+"/dependentRequired/"+key0.replace(/~/g,"~0").replace(/\//g,"~1"),schemaPath:"#/$defs/stringAr\
ray/uniqueItems",keyword:"uniqueItems",params:{i:i5,j:j2},message:"must NOT have duplicate items (items ## "+j2+" and "+i5+" are identical)"};vErrors===null?vErrors=
[err36]:vErrors.push(err36),errors++;break}indices1[item1]=i5}}}}else{let err37={instancePath:instancePath+"/dependentRequired/"+key0.replace(/~/g,"~0").replace(
/\//g,"~1"),schemaPath:"#/$defs/stringArray/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err37]:vErrors.push(err37),
errors++}}else{let err38={instancePath:instancePath+"/dependentRequired",schemaPath:"#/properties/dependentRequired/type",keyword:"type",params:{type:"object"},
message:"must be object"};vErrors===null?vErrors=[err38]:vErrors.push(err38),errors++}}}return validate12.errors=vErrors,errors===0}validate12.evaluated={props:{
type:!0,const:!0,enum:!0,multipleOf:!0,maximum:!0,exclusiveMaximum:!0,minimum:!0,exclusiveMinimum:!0,maxLength:!0,minLength:!0,pattern:!0,maxItems:!0,minItems:!0,
uniqueItems:!0,maxContains:!0,minContains:!0,maxProperties:!0,minProperties:!0,required:!0,dependentRequired:!0},dynamicProps:!1,dynamicItems:!1};var schema25={
$schema:"https://json-schema.org/draft/2020-12/schema",$id:"https://json-schema.org/draft/2020-12/meta/meta-data",$vocabulary:{"https://json-schema.org/draft/20\
20-12/vocab/meta-data":!0},$dynamicAnchor:"meta",title:"Meta-data vocabulary meta-schema",type:["object","boolean"],properties:{title:{type:"string"},description:{
type:"string"},default:!0,deprecated:{type:"boolean",default:!1},readOnly:{type:"boolean",default:!1},writeOnly:{type:"boolean",default:!1},examples:{type:"arra\
y",items:!0}}};function validate14(data,{instancePath="",parentData,parentDataProperty,rootData=data,dynamicAnchors={}}={}){let vErrors=null,errors=0,evaluated0=validate14.
evaluated;if(evaluated0.dynamicProps&&(evaluated0.props=void 0),evaluated0.dynamicItems&&(evaluated0.items=void 0),!(data&&typeof data=="object"&&!Array.isArray(
data))&&typeof data!="boolean"){let err0={instancePath,schemaPath:"#/type",keyword:"type",params:{type:schema25.type},message:"must be object,boolean"};vErrors===
null?vErrors=[err0]:vErrors.push(err0),errors++}if(dynamicAnchors.meta||(dynamicAnchors.meta=validate14),data&&typeof data=="object"&&!Array.isArray(data)){if(data.
title!==void 0&&typeof data.title!="string"){let err1={instancePath:instancePath+"/title",schemaPath:"#/properties/title/type",keyword:"type",params:{type:"stri\
ng"},message:"must be string"};vErrors===null?vErrors=[err1]:vErrors.push(err1),errors++}if(data.description!==void 0&&typeof data.description!="string"){let err2={
instancePath:instancePath+"/description",schemaPath:"#/properties/description/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?
vErrors=[err2]:vErrors.push(err2),errors++}if(data.deprecated!==void 0&&typeof data.deprecated!="boolean"){let err3={instancePath:instancePath+"/deprecated",schemaPath:"\
#/properties/deprecated/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===null?vErrors=[err3]:vErrors.push(err3),errors++}if(data.
readOnly!==void 0&&typeof data.readOnly!="boolean"){let err4={instancePath:instancePath+"/readOnly",schemaPath:"#/properties/readOnly/type",keyword:"type",params:{
type:"boolean"},message:"must be boolean"};vErrors===null?vErrors=[err4]:vErrors.push(err4),errors++}if(data.writeOnly!==void 0&&typeof data.writeOnly!="boolean"){
let err5={instancePath:instancePath+"/writeOnly",schemaPath:"#/properties/writeOnly/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===
null?vErrors=[err5]:vErrors.push(err5),errors++}if(data.examples!==void 0&&!Array.isArray(data.examples)){let err6={instancePath:instancePath+"/examples",schemaPath:"\
#/properties/examples/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err6]:vErrors.push(err6),errors++}}return validate14.
errors=vErrors,errors===0}validate14.evaluated={props:{title:!0,description:!0,default:!0,deprecated:!0,readOnly:!0,writeOnly:!0,examples:!0},dynamicProps:!1,dynamicItems:!1};
var schema26={$schema:"https://json-schema.org/draft/2020-12/schema",$id:"https://json-schema.org/draft/2020-12/meta/format-annotation",$vocabulary:{"https://js\
on-schema.org/draft/2020-12/vocab/format-annotation":!0},$dynamicAnchor:"meta",title:"Format vocabulary meta-schema for annotation results",type:["object","bool\
ean"],properties:{format:{type:"string"}}};function validate16(data,{instancePath="",parentData,parentDataProperty,rootData=data,dynamicAnchors={}}={}){let vErrors=null,
errors=0,evaluated0=validate16.evaluated;if(evaluated0.dynamicProps&&(evaluated0.props=void 0),evaluated0.dynamicItems&&(evaluated0.items=void 0),!(data&&typeof data==
"object"&&!Array.isArray(data))&&typeof data!="boolean"){let err0={instancePath,schemaPath:"#/type",keyword:"type",params:{type:schema26.type},message:"must be \
object,boolean"};vErrors===null?vErrors=[err0]:vErrors.push(err0),errors++}if(dynamicAnchors.meta||(dynamicAnchors.meta=validate16),data&&typeof data=="object"&&
!Array.isArray(data)&&data.format!==void 0&&typeof data.format!="string"){let err1={instancePath:instancePath+"/format",schemaPath:"#/properties/format/type",keyword:"\
type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err1]:vErrors.push(err1),errors++}return validate16.errors=vErrors,errors===0}validate16.
evaluated={props:{format:!0},dynamicProps:!1,dynamicItems:!1};var schema27={$schema:"https://json-schema.org/draft/2020-12/schema",$id:"https://json-schema.org/\
draft/2020-12/meta/content",$vocabulary:{"https://json-schema.org/draft/2020-12/vocab/content":!0},$dynamicAnchor:"meta",title:"Content vocabulary meta-schema",
type:["object","boolean"],properties:{contentEncoding:{type:"string"},contentMediaType:{type:"string"},contentSchema:{$dynamicRef:"#meta"}}};function validate18(data,{
instancePath="",parentData,parentDataProperty,rootData=data,dynamicAnchors={}}={}){let vErrors=null,errors=0,evaluated0=validate18.evaluated;if(evaluated0.dynamicProps&&
(evaluated0.props=void 0),evaluated0.dynamicItems&&(evaluated0.items=void 0),!(data&&typeof data=="object"&&!Array.isArray(data))&&typeof data!="boolean"){let err0={
instancePath,schemaPath:"#/type",keyword:"type",params:{type:schema27.type},message:"must be object,boolean"};vErrors===null?vErrors=[err0]:vErrors.push(err0),errors++}
if(dynamicAnchors.meta||(dynamicAnchors.meta=validate18),data&&typeof data=="object"&&!Array.isArray(data)){if(data.contentEncoding!==void 0&&typeof data.contentEncoding!=
"string"){let err1={instancePath:instancePath+"/contentEncoding",schemaPath:"#/properties/contentEncoding/type",keyword:"type",params:{type:"string"},message:"m\
ust be string"};vErrors===null?vErrors=[err1]:vErrors.push(err1),errors++}if(data.contentMediaType!==void 0&&typeof data.contentMediaType!="string"){let err2={instancePath:instancePath+
"/contentMediaType",schemaPath:"#/properties/contentMediaType/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err2]:
vErrors.push(err2),errors++}if(data.contentSchema!==void 0){let data2=data.contentSchema,_v0=dynamicAnchors.meta;if(_v0)if(!_v0(data2,{instancePath:instancePath+
"/contentSchema",parentData:data,parentDataProperty:"contentSchema",rootData,dynamicAnchors}))vErrors=vErrors===null?_v0.errors:vErrors.concat(_v0.errors),errors=
vErrors.length;else var props0=_v0.evaluated.props,items0=_v0.evaluated.items;else if(!validate18(data2,{instancePath:instancePath+"/contentSchema",parentData:data,
parentDataProperty:"contentSchema",rootData,dynamicAnchors}))vErrors=vErrors===null?validate18.errors:vErrors.concat(validate18.errors),errors=vErrors.length;else{
var props1=validate18.evaluated.props;props0!==!0&&props1!==void 0&&(props1===!0?props0=!0:(props0=props0||{},Object.assign(props0,props1)));var items1=validate18.
evaluated.items;items0!==!0&&items1!==void 0&&(items0=items1===!0?!0:items0>items1?items0:items1)}}}return validate18.errors=vErrors,errors===0}validate18.evaluated=
{props:{contentEncoding:!0,contentMediaType:!0,contentSchema:!0},dynamicProps:!1,dynamicItems:!1};function validate0(data,{instancePath="",parentData,parentDataProperty,
rootData=data,dynamicAnchors={}}={}){let vErrors=null,errors=0,evaluated0=validate0.evaluated;if(evaluated0.dynamicProps&&(evaluated0.props=void 0),evaluated0.dynamicItems&&
(evaluated0.items=void 0),!(data&&typeof data=="object"&&!Array.isArray(data))&&typeof data!="boolean"){let err0={instancePath,schemaPath:"#/type",keyword:"type",
params:{type:schema0.type},message:"must be object,boolean"};vErrors===null?vErrors=[err0]:vErrors.push(err0),errors++}if(dynamicAnchors.meta||(dynamicAnchors.meta=
validate0),validate1(data,{instancePath,parentData,parentDataProperty,rootData,dynamicAnchors})||(vErrors=vErrors===null?validate1.errors:vErrors.concat(validate1.
errors),errors=vErrors.length),validate3(data,{instancePath,parentData,parentDataProperty,rootData,dynamicAnchors})||(vErrors=vErrors===null?validate3.errors:vErrors.
concat(validate3.errors),errors=vErrors.length),validate10(data,{instancePath,parentData,parentDataProperty,rootData,dynamicAnchors})||(vErrors=vErrors===null?validate10.
errors:vErrors.concat(validate10.errors),errors=vErrors.length),validate12(data,{instancePath,parentData,parentDataProperty,rootData,dynamicAnchors})||(vErrors=
vErrors===null?validate12.errors:vErrors.concat(validate12.errors),errors=vErrors.length),validate14(data,{instancePath,parentData,parentDataProperty,rootData,dynamicAnchors})||
(vErrors=vErrors===null?validate14.errors:vErrors.concat(validate14.errors),errors=vErrors.length),validate16(data,{instancePath,parentData,parentDataProperty,rootData,
dynamicAnchors})||(vErrors=vErrors===null?validate16.errors:vErrors.concat(validate16.errors),errors=vErrors.length),validate18(data,{instancePath,parentData,parentDataProperty,
rootData,dynamicAnchors})||(vErrors=vErrors===null?validate18.errors:vErrors.concat(validate18.errors),errors=vErrors.length),data&&typeof data=="object"&&!Array.
isArray(data)){if(data.definitions!==void 0){let data0=data.definitions;if(data0&&typeof data0=="object"&&!Array.isArray(data0))for(let key0 in data0){let data1=data0[key0],
_v0=dynamicAnchors.meta;if(_v0)if(!_v0(data1,{instancePath:instancePath+"/definitions/"+key0.replace(/~/g,"~0").replace(/\//g,"~1"),parentData:data0,parentDataProperty:key0,
rootData,dynamicAnchors}))vErrors=vErrors===null?_v0.errors:vErrors.concat(_v0.errors),errors=vErrors.length;else var props0=_v0.evaluated.props,items0=_v0.evaluated.
items;else if(!validate0(data1,{instancePath:instancePath+"/definitions/"+key0.replace(/~/g,"~0").replace(/\//g,"~1"),parentData:data0,parentDataProperty:key0,rootData,
dynamicAnchors}))vErrors=vErrors===null?validate0.errors:vErrors.concat(validate0.errors),errors=vErrors.length;else{var props1=validate0.evaluated.props;props0!==
!0&&props1!==void 0&&(props1===!0?props0=!0:(props0=props0||{},Object.assign(props0,props1)));var items1=validate0.evaluated.items;items0!==!0&&items1!==void 0&&
(items0=items1===!0?!0:items0>items1?items0:items1)}}else{let err1={instancePath:instancePath+"/definitions",schemaPath:"#/properties/definitions/type",keyword:"\
type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err1]:vErrors.push(err1),errors++}}if(data.dependencies!==void 0){let data2=data.
dependencies;if(data2&&typeof data2=="object"&&!Array.isArray(data2))for(let key1 in data2){let data3=data2[key1],_errs19=errors,valid4=!1,_errs20=errors,_v1=dynamicAnchors.
meta;if(_v1)if(!_v1(data3,{instancePath:instancePath+"/dependencies/"+key1.replace(/~/g,"~0").replace(/\//g,"~1"),parentData:data2,parentDataProperty:key1,rootData,
dynamicAnchors}))vErrors=vErrors===null?_v1.errors:vErrors.concat(_v1.errors),errors=vErrors.length;else var props2=_v1.evaluated.props,items2=_v1.evaluated.items;else if(!validate0(
data3,{instancePath:instancePath+"/dependencies/"+key1.replace(/~/g,"~0").replace(/\//g,"~1"),parentData:data2,parentDataProperty:key1,rootData,dynamicAnchors}))
vErrors=vErrors===null?validate0.errors:vErrors.concat(validate0.errors),errors=vErrors.length;else{var props3=validate0.evaluated.props;props2!==!0&&props3!==void 0&&
(props3===!0?props2=!0:(props2=props2||{},Object.assign(props2,props3)));var items3=validate0.evaluated.items;items2!==!0&&items3!==void 0&&(items2=items3===!0?
!0:items2>items3?items2:items3)}var _valid0=_errs20===errors;valid4=valid4||_valid0;let _errs21=errors;if(Array.isArray(data3)){let len0=data3.length;for(let i0=0;i0<
len0;i0++)if(typeof data3[i0]!="string"){let err2={instancePath:instancePath+"/dependencies/"+key1.replace(/~/g,"~0").replace(/\//g,"~1")+"/"+i0,schemaPath:"met\
a/validation#/$defs/stringArray/items/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err2]:vErrors.push(err2),errors++}
let i1=data3.length,j0;if(i1>1){let indices0={};for(;i1--;){let item0=data3[i1];if(typeof item0=="string"){if(typeof indices0[item0]=="number"){j0=indices0[item0];
let err3={instancePath:instancePath+"/dependencies/"+key1.replace(/~/g,"~0").replace(/\//g,"~1"),schemaPath:"meta/validation#/$defs/stringArray/uniqueItems",keyword:"\
uniqueItems",params:{i:i1,j:j0},message:"must NOT have duplicate items (items ## "+j0+" and "+i1+" are identical)"};vErrors===null?vErrors=[err3]:vErrors.push(err3),
errors++;break}indices0[item0]=i1}}}}else{let err4={instancePath:instancePath+"/dependencies/"+key1.replace(/~/g,"~0").replace(/\//g,"~1"),schemaPath:"meta/vali\
dation#/$defs/stringArray/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err4]:vErrors.push(err4),errors++}var _valid0=_errs21===
errors;if(valid4=valid4||_valid0,_valid0&&items2!==!0&&(items2=!0),valid4)errors=_errs19,vErrors!==null&&(_errs19?vErrors.length=_errs19:vErrors=null);else{let err5={
instancePath:instancePath+"/dependencies/"+key1.replace(/~/g,"~0").replace(/\//g,"~1"),schemaPath:"#/properties/dependencies/additionalProperties/anyOf",keyword:"\
anyOf",params:{},message:"must match a schema in anyOf"};vErrors===null?vErrors=[err5]:vErrors.push(err5),errors++}}else{let err6={instancePath:instancePath+"/d\
ependencies",schemaPath:"#/properties/dependencies/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err6]:vErrors.push(
err6),errors++}}if(data.$recursiveAnchor!==void 0){let data5=data.$recursiveAnchor;if(typeof data5=="string"){if(!pattern1.test(data5)){let err7={instancePath:instancePath+
"/$recursiveAnchor",schemaPath:"meta/core#/$defs/anchorString/pattern",keyword:"pattern",params:{pattern:"^[A-Za-z_][-A-Za-z0-9._]*$"},message:'must match patte\
rn "^[A-Za-z_][-A-Za-z0-9._]*$"'};vErrors===null?vErrors=[err7]:vErrors.push(err7),errors++}}else{let err8={instancePath:instancePath+"/$recursiveAnchor",schemaPath:"\
meta/core#/$defs/anchorString/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err8]:vErrors.push(err8),errors++}}if(data.
$recursiveRef!==void 0&&typeof data.$recursiveRef!="string"){let err9={instancePath:instancePath+"/$recursiveRef",schemaPath:"meta/core#/$defs/uriReferenceStrin\
g/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err9]:vErrors.push(err9),errors++}}return validate0.errors=vErrors,
errors===0}validate0.evaluated={props:{definitions:!0,dependencies:!0,$recursiveAnchor:!0,$recursiveRef:!0,contentEncoding:!0,contentMediaType:!0,contentSchema:!0,
format:!0,title:!0,description:!0,default:!0,deprecated:!0,readOnly:!0,writeOnly:!0,examples:!0,type:!0,const:!0,enum:!0,multipleOf:!0,maximum:!0,exclusiveMaximum:!0,
minimum:!0,exclusiveMinimum:!0,maxLength:!0,minLength:!0,pattern:!0,maxItems:!0,minItems:!0,uniqueItems:!0,maxContains:!0,minContains:!0,maxProperties:!0,minProperties:!0,
required:!0,dependentRequired:!0,unevaluatedItems:!0,unevaluatedProperties:!0,prefixItems:!0,items:!0,contains:!0,additionalProperties:!0,properties:!0,patternProperties:!0,
dependentSchemas:!0,propertyNames:!0,if:!0,then:!0,else:!0,allOf:!0,anyOf:!0,oneOf:!0,not:!0,$id:!0,$schema:!0,$ref:!0,$anchor:!0,$dynamicRef:!0,$dynamicAnchor:!0,
$vocabulary:!0,$comment:!0,$defs:!0},dynamicProps:!1,dynamicItems:!1};var guardrails=validate20,schema31={$schema:"https://json-schema.org/draft/2020-12/schema",
$id:"https://vasini.ai/schemas/guardrails/v1",title:"Vasini Guardrails Layer",type:"object",required:["schema_version"],properties:{schema_version:{type:"string"},
input:{type:"object",properties:{max_length:{type:"integer",minimum:1,description:"In characters (UTF-16 code units)."},sanitization:{type:"boolean"},jailbreak_detection:{
type:"boolean"},pii_detection:{type:"object",properties:{enabled:{type:"boolean"},action:{enum:["warn","redact","block"]}}},content_filter:{type:"object",properties:{
enabled:{type:"boolean"},categories:{type:"array",items:{type:"string"}}}},judge:{enum:["tier-1","tier-2","tier-3"],description:"Tier of the model that judges t\
he input; absent: rules only."}}},output:{type:"object",properties:{max_length:{type:"integer",minimum:1,description:"In characters (UTF-16 code units)."},pii_check:{
type:"boolean"},hallucination_check:{type:"object",properties:{enabled:{type:"boolean"},confidence_threshold:{type:"number",minimum:0,maximum:1}}},format_validation:{
type:"boolean"},source_citation_required:{type:"boolean"},judge:{enum:["tier-1","tier-2","tier-3"],description:"Tier of the model that judges the output; absent\
: rules only."},schema:{description:"JSON Schema (2020-12) the output has to meet.",type:"object"}}},behavioral:{type:"object",properties:{prohibited_actions:{type:"\
array",items:{type:"string"}},required_disclaimers:{type:"array",items:{type:"string"}},escalation_triggers:{type:"array",items:{type:"string"}},max_autonomous_steps:{
type:"integer",minimum:1,description:"Model turns of one task."},approval_threshold:{enum:["low","medium","high","critical"],description:"Tools of this risk or \
above need a person."},approval_ttl:{type:"string",description:"Duration after which an approval expires."},four_eyes:{type:"boolean",description:"Who asked may\
 not decide."}}},compliance:{type:"object",properties:{framework:{type:"array",items:{type:"string"}},audit_all_decisions:{type:"boolean"},data_classification:{
enum:["public","internal","confidential","restricted"]}}}}};function validate20(data,{instancePath="",parentData,parentDataProperty,rootData=data,dynamicAnchors={}}={}){
let vErrors=null,errors=0,evaluated0=validate20.evaluated;if(evaluated0.dynamicProps&&(evaluated0.props=void 0),evaluated0.dynamicItems&&(evaluated0.items=void 0),
data&&typeof data=="object"&&!Array.isArray(data)){if(data.schema_version===void 0){let err0={instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty:"\
schema_version"},message:"must have required property 'schema_version'"};vErrors===null?vErrors=[err0]:vErrors.push(err0),errors++}if(data.schema_version!==void 0&&
typeof data.schema_version!="string"){let err1={instancePath:instancePath+"/schema_version",schemaPath:"#/properties/schema_version/type",keyword:"type",params:{
type:"string"},message:"must be string"};vErrors===null?vErrors=[err1]:vErrors.push(err1),errors++}if(data.input!==void 0){let data1=data.input;if(data1&&typeof data1==
"object"&&!Array.isArray(data1)){if(data1.max_length!==void 0){let data2=data1.max_length;if(!(typeof data2=="number"&&!(data2%1)&&!isNaN(data2)&&isFinite(data2))){
let err2={instancePath:instancePath+"/input/max_length",schemaPath:"#/properties/input/properties/max_length/type",keyword:"type",params:{type:"integer"},message:"\
must be integer"};vErrors===null?vErrors=[err2]:vErrors.push(err2),errors++}if(typeof data2=="number"&&isFinite(data2)&&(data2<1||isNaN(data2))){let err3={instancePath:instancePath+
"/input/max_length",schemaPath:"#/properties/input/properties/max_length/minimum",keyword:"minimum",params:{comparison:">=",limit:1},message:"must be >= 1"};vErrors===
null?vErrors=[err3]:vErrors.push(err3),errors++}}if(data1.sanitization!==void 0&&typeof data1.sanitization!="boolean"){let err4={instancePath:instancePath+"/inp\
ut/sanitization",schemaPath:"#/properties/input/properties/sanitization/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===null?vErrors=
[err4]:vErrors.push(err4),errors++}if(data1.jailbreak_detection!==void 0&&typeof data1.jailbreak_detection!="boolean"){let err5={instancePath:instancePath+"/inp\
ut/jailbreak_detection",schemaPath:"#/properties/input/properties/jailbreak_detection/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===
null?vErrors=[err5]:vErrors.push(err5),errors++}if(data1.pii_detection!==void 0){let data5=data1.pii_detection;if(data5&&typeof data5=="object"&&!Array.isArray(
data5)){if(data5.enabled!==void 0&&typeof data5.enabled!="boolean"){let err6={instancePath:instancePath+"/input/pii_detection/enabled",schemaPath:"#/properties/\
input/properties/pii_detection/properties/enabled/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===null?vErrors=[err6]:vErrors.
push(err6),errors++}if(data5.action!==void 0){let data7=data5.action;if(!(data7==="warn"||data7==="redact"||data7==="block")){let err7={instancePath:instancePath+
"/input/pii_detection/action",schemaPath:"#/properties/input/properties/pii_detection/properties/action/enum",keyword:"enum",params:{allowedValues:schema31.properties.
input.properties.pii_detection.properties.action.enum},message:"must be equal to one of the allowed values"};vErrors===null?vErrors=[err7]:vErrors.push(err7),errors++}}}else{
let err8={instancePath:instancePath+"/input/pii_detection",schemaPath:"#/properties/input/properties/pii_detection/type",keyword:"type",params:{type:"object"},message:"\
must be object"};vErrors===null?vErrors=[err8]:vErrors.push(err8),errors++}}if(data1.content_filter!==void 0){let data8=data1.content_filter;if(data8&&typeof data8==
"object"&&!Array.isArray(data8)){if(data8.enabled!==void 0&&typeof data8.enabled!="boolean"){let err9={instancePath:instancePath+"/input/content_filter/enabled",
schemaPath:"#/properties/input/properties/content_filter/properties/enabled/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===null?
vErrors=[err9]:vErrors.push(err9),errors++}if(data8.categories!==void 0){let data10=data8.categories;if(Array.isArray(data10)){let len0=data10.length;for(let i0=0;i0<
len0;i0++)if(typeof data10[i0]!="string"){let err10={instancePath:instancePath+"/input/content_filter/categories/"+i0,schemaPath:"#/properties/input/properties/\
content_filter/properties/categories/items/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err10]:vErrors.push(err10),
errors++}}else{let err11={instancePath:instancePath+"/input/content_filter/categories",schemaPath:"#/properties/input/properties/content_filter/properties/categ\
ories/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err11]:vErrors.push(err11),errors++}}}else{let err12={instancePath:instancePath+
"/input/content_filter",schemaPath:"#/properties/input/properties/content_filter/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===
null?vErrors=[err12]:vErrors.push(err12),errors++}}if(data1.judge!==void 0){let data12=data1.judge;if(!(data12==="tier-1"||data12==="tier-2"||data12==="tier-3")){
let err13={instancePath:instancePath+"/input/judge",schemaPath:"#/properties/input/properties/judge/enum",keyword:"enum",params:{allowedValues:schema31.properties.
input.properties.judge.enum},message:"must be equal to one of the allowed values"};vErrors===null?vErrors=[err13]:vErrors.push(err13),errors++}}}else{let err14={
instancePath:instancePath+"/input",schemaPath:"#/properties/input/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[
err14]:vErrors.push(err14),errors++}}if(data.output!==void 0){let data13=data.output;if(data13&&typeof data13=="object"&&!Array.isArray(data13)){if(data13.max_length!==
void 0){let data14=data13.max_length;if(!(typeof data14=="number"&&!(data14%1)&&!isNaN(data14)&&isFinite(data14))){let err15={instancePath:instancePath+"/output\
/max_length",schemaPath:"#/properties/output/properties/max_length/type",keyword:"type",params:{type:"integer"},message:"must be integer"};vErrors===null?vErrors=
[err15]:vErrors.push(err15),errors++}if(typeof data14=="number"&&isFinite(data14)&&(data14<1||isNaN(data14))){let err16={instancePath:instancePath+"/output/max_\
length",schemaPath:"#/properties/output/properties/max_length/minimum",keyword:"minimum",params:{comparison:">=",limit:1},message:"must be >= 1"};vErrors===null?
vErrors=[err16]:vErrors.push(err16),errors++}}if(data13.pii_check!==void 0&&typeof data13.pii_check!="boolean"){let err17={instancePath:instancePath+"/output/pi\
i_check",schemaPath:"#/properties/output/properties/pii_check/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===null?vErrors=[err17]:
vErrors.push(err17),errors++}if(data13.hallucination_check!==void 0){let data16=data13.hallucination_check;if(data16&&typeof data16=="object"&&!Array.isArray(data16)){
if(data16.enabled!==void 0&&typeof data16.enabled!="boolean"){let err18={instancePath:instancePath+"/output/hallucination_check/enabled",schemaPath:"#/propertie\
s/output/properties/hallucination_check/properties/enabled/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===null?vErrors=[err18]:
vErrors.push(err18),errors++}if(data16.confidence_threshold!==void 0){let data18=data16.confidence_threshold;if(typeof data18=="number"&&isFinite(data18)){if(data18>
1||isNaN(data18)){let err19={instancePath:instancePath+"/output/hallucination_check/confidence_threshold",schemaPath:"#/properties/output/properties/hallucinati\
on_check/properties/confidence_threshold/maximum",keyword:"maximum",params:{comparison:"<=",limit:1},message:"must be <= 1"};vErrors===null?vErrors=[err19]:vErrors.
push(err19),errors++}if(data18<0||isNaN(data18)){let err20={instancePath:instancePath+"/output/hallucination_check/confidence_threshold",schemaPath:"#/propertie\
s/output/properties/hallucination_check/properties/confidence_threshold/minimum",keyword:"minimum",params:{comparison:">=",limit:0},message:"must be >= 0"};vErrors===
null?vErrors=[err20]:vErrors.push(err20),errors++}}else{let err21={instancePath:instancePath+"/output/hallucination_check/confidence_threshold",schemaPath:"#/pr\
operties/output/properties/hallucination_check/properties/confidence_threshold/type",keyword:"type",params:{type:"number"},message:"must be number"};vErrors===null?
vErrors=[err21]:vErrors.push(err21),errors++}}}else{let err22={instancePath:instancePath+"/output/hallucination_check",schemaPath:"#/properties/output/propertie\
s/hallucination_check/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err22]:vErrors.push(err22),errors++}}if(data13.
format_validation!==void 0&&typeof data13.format_validation!="boolean"){let err23={instancePath:instancePath+"/output/format_validation",schemaPath:"#/propertie\
s/output/properties/format_validation/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===null?vErrors=[err23]:vErrors.push(err23),
errors++}if(data13.source_citation_required!==void 0&&typeof data13.source_citation_required!="boolean"){let err24={instancePath:instancePath+"/output/source_ci\
tation_required",schemaPath:"#/properties/output/properties/source_citation_required/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===
null?vErrors=[err24]:vErrors.push(err24),errors++}if(data13.judge!==void 0){let data21=data13.judge;if(!(data21==="tier-1"||data21==="tier-2"||data21==="tier-3")){
let err25={instancePath:instancePath+"/output/judge",schemaPath:"#/properties/output/properties/judge/enum",keyword:"enum",params:{allowedValues:schema31.properties.
output.properties.judge.enum},message:"must be equal to one of the allowed values"};vErrors===null?vErrors=[err25]:vErrors.push(err25),errors++}}if(data13.schema!==
void 0){let data22=data13.schema;if(!(data22&&typeof data22=="object"&&!Array.isArray(data22))){let err26={instancePath:instancePath+"/output/schema",schemaPath:"\
#/properties/output/properties/schema/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err26]:vErrors.push(err26),errors++}}}else{
let err27={instancePath:instancePath+"/output",schemaPath:"#/properties/output/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?
vErrors=[err27]:vErrors.push(err27),errors++}}if(data.behavioral!==void 0){let data23=data.behavioral;if(data23&&typeof data23=="object"&&!Array.isArray(data23)){
if(data23.prohibited_actions!==void 0){let data24=data23.prohibited_actions;if(Array.isArray(data24)){let len1=data24.length;for(let i1=0;i1<len1;i1++)if(typeof data24[i1]!=
"string"){let err28={instancePath:instancePath+"/behavioral/prohibited_actions/"+i1,schemaPath:"#/properties/behavioral/properties/prohibited_actions/items/type",
keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err28]:vErrors.push(err28),errors++}}else{let err29={instancePath:instancePath+
"/behavioral/prohibited_actions",schemaPath:"#/properties/behavioral/properties/prohibited_actions/type",keyword:"type",params:{type:"array"},message:"must be a\
rray"};vErrors===null?vErrors=[err29]:vErrors.push(err29),errors++}}if(data23.required_disclaimers!==void 0){let data26=data23.required_disclaimers;if(Array.isArray(
data26)){let len2=data26.length;for(let i2=0;i2<len2;i2++)if(typeof data26[i2]!="string"){let err30={instancePath:instancePath+"/behavioral/required_disclaimers\
/"+i2,schemaPath:"#/properties/behavioral/properties/required_disclaimers/items/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===
null?vErrors=[err30]:vErrors.push(err30),errors++}}else{let err31={instancePath:instancePath+"/behavioral/required_disclaimers",schemaPath:"#/properties/behavio\
ral/properties/required_disclaimers/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err31]:vErrors.push(err31),errors++}}
if(data23.escalation_triggers!==void 0){let data28=data23.escalation_triggers;if(Array.isArray(data28)){let len3=data28.length;for(let i3=0;i3<len3;i3++)if(typeof data28[i3]!=
"string"){let err32={instancePath:instancePath+"/behavioral/escalation_triggers/"+i3,schemaPath:"#/properties/behavioral/properties/escalation_triggers/items/ty\
pe",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err32]:vErrors.push(err32),errors++}}else{let err33={instancePath:instancePath+
"/behavioral/escalation_triggers",schemaPath:"#/properties/behavioral/properties/escalation_triggers/type",keyword:"type",params:{type:"array"},message:"must be\
 array"};vErrors===null?vErrors=[err33]:vErrors.push(err33),errors++}}if(data23.max_autonomous_steps!==void 0){let data30=data23.max_autonomous_steps;if(!(typeof data30==
"number"&&!(data30%1)&&!isNaN(data30)&&isFinite(data30))){let err34={instancePath:instancePath+"/behavioral/max_autonomous_steps",schemaPath:"#/properties/behav\
ioral/properties/max_autonomous_steps/type",keyword:"type",params:{type:"integer"},message:"must be integer"};vErrors===null?vErrors=[err34]:vErrors.push(err34),
errors++}if(typeof data30=="number"&&isFinite(data30)&&(data30<1||isNaN(data30))){let err35={instancePath:instancePath+"/behavioral/max_autonomous_steps",schemaPath:"\
#/properties/behavioral/properties/max_autonomous_steps/minimum",keyword:"minimum",params:{comparison:">=",limit:1},message:"must be >= 1"};vErrors===null?vErrors=
[err35]:vErrors.push(err35),errors++}}if(data23.approval_threshold!==void 0){let data31=data23.approval_threshold;if(!(data31==="low"||data31==="medium"||data31===
"high"||data31==="critical")){let err36={instancePath:instancePath+"/behavioral/approval_threshold",schemaPath:"#/properties/behavioral/properties/approval_thre\
shold/enum",keyword:"enum",params:{allowedValues:schema31.properties.behavioral.properties.approval_threshold.enum},message:"must be equal to one of the allowed\
 values"};vErrors===null?vErrors=[err36]:vErrors.push(err36),errors++}}if(data23.approval_ttl!==void 0&&typeof data23.approval_ttl!="string"){let err37={instancePath:instancePath+
"/behavioral/approval_ttl",schemaPath:"#/properties/behavioral/properties/approval_ttl/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===
null?vErrors=[err37]:vErrors.push(err37),errors++}if(data23.four_eyes!==void 0&&typeof data23.four_eyes!="boolean"){let err38={instancePath:instancePath+"/behav\
ioral/four_eyes",schemaPath:"#/properties/behavioral/properties/four_eyes/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===null?
vErrors=[err38]:vErrors.push(err38),errors++}}else{let err39={instancePath:instancePath+"/behavioral",schemaPath:"#/properties/behavioral/type",keyword:"type",params:{
type:"object"},message:"must be object"};vErrors===null?vErrors=[err39]:vErrors.push(err39),errors++}}if(data.compliance!==void 0){let data34=data.compliance;if(data34&&
typeof data34=="object"&&!Array.isArray(data34)){if(data34.framework!==void 0){let data35=data34.framework;if(Array.isArray(data35)){let len4=data35.length;for(let i4=0;i4<
len4;i4++)if(typeof data35[i4]!="string"){let err40={instancePath:instancePath+"/compliance/framework/"+i4,schemaPath:"#/properties/compliance/properties/framew\
ork/items/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err40]:vErrors.push(err40),errors++}}else{let err41={instancePath:instancePath+
"/compliance/framework",schemaPath:"#/properties/compliance/properties/framework/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?
vErrors=[err41]:vErrors.push(err41),errors++}}if(data34.audit_all_decisions!==void 0&&typeof data34.audit_all_decisions!="boolean"){let err42={instancePath:instancePath+
"/compliance/audit_all_decisions",schemaPath:"#/properties/compliance/properties/audit_all_decisions/type",keyword:"type",params:{type:"boolean"},message:"must \
be boolean"};vErrors===null?vErrors=[err42]:vErrors.push(err42),errors++}if(data34.data_classification!==void 0){let data38=data34.data_classification;if(!(data38===
"public"||data38==="internal"||data38==="confidential"||data38==="restricted")){let err43={instancePath:instancePath+"/compliance/data_classification",schemaPath:"\
#/properties/compliance/properties/data_classification/enum",keyword:"enum",params:{allowedValues:schema31.properties.compliance.properties.data_classification.
enum},message:"must be equal to one of the allowed values"};vErrors===null?vErrors=[err43]:vErrors.push(err43),errors++}}}else{let err44={instancePath:instancePath+
"/compliance",schemaPath:"#/properties/compliance/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err44]:vErrors.push(
err44),errors++}}}else{let err45={instancePath,schemaPath:"#/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err45]:
vErrors.push(err45),errors++}return validate20.errors=vErrors,errors===0}validate20.evaluated={props:{schema_version:!0,input:!0,output:!0,behavioral:!0,compliance:!0},
dynamicProps:!1,dynamicItems:!1};var memory=validate21,schema32={$schema:"https://json-schema.org/draft/2020-12/schema",$id:"https://vasini.ai/schemas/memory/v1",
title:"Vasini Memory Layer",type:"object",required:["schema_version"],properties:{schema_version:{type:"string"},short_term:{type:"object",properties:{enabled:{
type:"boolean"},ttl:{type:"string",description:"Duration such as 24h."},max_entries:{type:"integer",minimum:1}}},episodic:{type:"object",properties:{enabled:{type:"\
boolean"},confidence_threshold:{type:"number",minimum:0,maximum:1},retrieval_top_k:{type:"integer",minimum:1},similarity_threshold:{type:"number",minimum:0,maximum:1},
source_required:{type:"boolean"}}},factual:{type:"object",properties:{enabled:{type:"boolean"},confidence_threshold:{type:"number",minimum:0,maximum:1},requires_evidence:{
type:"boolean"},requires_approval:{type:"boolean"},versioned:{type:"boolean"}}},cross_session:{type:"object",properties:{enabled:{type:"boolean"},merge_strategy:{
enum:["latest","highest_confidence","manual"]}}}}};function validate21(data,{instancePath="",parentData,parentDataProperty,rootData=data,dynamicAnchors={}}={}){
let vErrors=null,errors=0,evaluated0=validate21.evaluated;if(evaluated0.dynamicProps&&(evaluated0.props=void 0),evaluated0.dynamicItems&&(evaluated0.items=void 0),
data&&typeof data=="object"&&!Array.isArray(data)){if(data.schema_version===void 0){let err0={instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty:"\
schema_version"},message:"must have required property 'schema_version'"};vErrors===null?vErrors=[err0]:vErrors.push(err0),errors++}if(data.schema_version!==void 0&&
typeof data.schema_version!="string"){let err1={instancePath:instancePath+"/schema_version",schemaPath:"#/properties/schema_version/type",keyword:"type",params:{
type:"string"},message:"must be string"};vErrors===null?vErrors=[err1]:vErrors.push(err1),errors++}if(data.short_term!==void 0){let data1=data.short_term;if(data1&&
typeof data1=="object"&&!Array.isArray(data1)){if(data1.enabled!==void 0&&typeof data1.enabled!="boolean"){let err2={instancePath:instancePath+"/short_term/enab\
led",schemaPath:"#/properties/short_term/properties/enabled/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===null?vErrors=[err2]:
vErrors.push(err2),errors++}if(data1.ttl!==void 0&&typeof data1.ttl!="string"){let err3={instancePath:instancePath+"/short_term/ttl",schemaPath:"#/properties/sh\
ort_term/properties/ttl/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err3]:vErrors.push(err3),errors++}if(data1.
max_entries!==void 0){let data4=data1.max_entries;if(!(typeof data4=="number"&&!(data4%1)&&!isNaN(data4)&&isFinite(data4))){let err4={instancePath:instancePath+
"/short_term/max_entries",schemaPath:"#/properties/short_term/properties/max_entries/type",keyword:"type",params:{type:"integer"},message:"must be integer"};vErrors===
null?vErrors=[err4]:vErrors.push(err4),errors++}if(typeof data4=="number"&&isFinite(data4)&&(data4<1||isNaN(data4))){let err5={instancePath:instancePath+"/short\
_term/max_entries",schemaPath:"#/properties/short_term/properties/max_entries/minimum",keyword:"minimum",params:{comparison:">=",limit:1},message:"must be >= 1"};
vErrors===null?vErrors=[err5]:vErrors.push(err5),errors++}}}else{let err6={instancePath:instancePath+"/short_term",schemaPath:"#/properties/short_term/type",keyword:"\
type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err6]:vErrors.push(err6),errors++}}if(data.episodic!==void 0){let data5=data.episodic;
if(data5&&typeof data5=="object"&&!Array.isArray(data5)){if(data5.enabled!==void 0&&typeof data5.enabled!="boolean"){let err7={instancePath:instancePath+"/episo\
dic/enabled",schemaPath:"#/properties/episodic/properties/enabled/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===null?vErrors=
[err7]:vErrors.push(err7),errors++}if(data5.confidence_threshold!==void 0){let data7=data5.confidence_threshold;if(typeof data7=="number"&&isFinite(data7)){if(data7>
1||isNaN(data7)){let err8={instancePath:instancePath+"/episodic/confidence_threshold",schemaPath:"#/properties/episodic/properties/confidence_threshold/maximum",
keyword:"maximum",params:{comparison:"<=",limit:1},message:"must be <= 1"};vErrors===null?vErrors=[err8]:vErrors.push(err8),errors++}if(data7<0||isNaN(data7)){let err9={
instancePath:instancePath+"/episodic/confidence_threshold",schemaPath:"#/properties/episodic/properties/confidence_threshold/minimum",keyword:"minimum",params:{
comparison:">=",limit:0},message:"must be >= 0"};vErrors===null?vErrors=[err9]:vErrors.push(err9),errors++}}else{let err10={instancePath:instancePath+"/episodic\
/confidence_threshold",schemaPath:"#/properties/episodic/properties/confidence_threshold/type",keyword:"type",params:{type:"number"},message:"must be number"};vErrors===
null?vErrors=[err10]:vErrors.push(err10),errors++}}if(data5.retrieval_top_k!==void 0){let data8=data5.retrieval_top_k;if(!(typeof data8=="number"&&!(data8%1)&&!isNaN(
data8)&&isFinite(data8))){let err11={instancePath:instancePath+"/episodic/retrieval_top_k",schemaPath:"#/properties/episodic/properties/retrieval_top_k/type",keyword:"\
type",params:{type:"integer"},message:"must be integer"};vErrors===null?vErrors=[err11]:vErrors.push(err11),errors++}if(typeof data8=="number"&&isFinite(data8)&&
(data8<1||isNaN(data8))){let err12={instancePath:instancePath+"/episodic/retrieval_top_k",schemaPath:"#/properties/episodic/properties/retrieval_top_k/minimum",
keyword:"minimum",params:{comparison:">=",limit:1},message:"must be >= 1"};vErrors===null?vErrors=[err12]:vErrors.push(err12),errors++}}if(data5.similarity_threshold!==
void 0){let data9=data5.similarity_threshold;if(typeof data9=="number"&&isFinite(data9)){if(data9>1||isNaN(data9)){let err13={instancePath:instancePath+"/episod\
ic/similarity_threshold",schemaPath:"#/properties/episodic/properties/similarity_threshold/maximum",keyword:"maximum",params:{comparison:"<=",limit:1},message:"\
must be <= 1"};vErrors===null?vErrors=[err13]:vErrors.push(err13),errors++}if(data9<0||isNaN(data9)){let err14={instancePath:instancePath+"/episodic/similarity_\
threshold",schemaPath:"#/properties/episodic/properties/similarity_threshold/minimum",keyword:"minimum",params:{comparison:">=",limit:0},message:"must be >= 0"};
vErrors===null?vErrors=[err14]:vErrors.push(err14),errors++}}else{let err15={instancePath:instancePath+"/episodic/similarity_threshold",schemaPath:"#/properties\
/episodic/properties/similarity_threshold/type",keyword:"type",params:{type:"number"},message:"must be number"};vErrors===null?vErrors=[err15]:vErrors.push(err15),
errors++}}if(data5.source_required!==void 0&&typeof data5.source_required!="boolean"){let err16={instancePath:instancePath+"/episodic/source_required",schemaPath:"\
#/properties/episodic/properties/source_required/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===null?vErrors=[err16]:vErrors.
push(err16),errors++}}else{let err17={instancePath:instancePath+"/episodic",schemaPath:"#/properties/episodic/type",keyword:"type",params:{type:"object"},message:"\
must be object"};vErrors===null?vErrors=[err17]:vErrors.push(err17),errors++}}if(data.factual!==void 0){let data11=data.factual;if(data11&&typeof data11=="objec\
t"&&!Array.isArray(data11)){if(data11.enabled!==void 0&&typeof data11.enabled!="boolean"){let err18={instancePath:instancePath+"/factual/enabled",schemaPath:"#/\
properties/factual/properties/enabled/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===null?vErrors=[err18]:vErrors.push(err18),
errors++}if(data11.confidence_threshold!==void 0){let data13=data11.confidence_threshold;if(typeof data13=="number"&&isFinite(data13)){if(data13>1||isNaN(data13)){
let err19={instancePath:instancePath+"/factual/confidence_threshold",schemaPath:"#/properties/factual/properties/confidence_threshold/maximum",keyword:"maximum",
params:{comparison:"<=",limit:1},message:"must be <= 1"};vErrors===null?vErrors=[err19]:vErrors.push(err19),errors++}if(data13<0||isNaN(data13)){let err20={instancePath:instancePath+
"/factual/confidence_threshold",schemaPath:"#/properties/factual/properties/confidence_threshold/minimum",keyword:"minimum",params:{comparison:">=",limit:0},message:"\
must be >= 0"};vErrors===null?vErrors=[err20]:vErrors.push(err20),errors++}}else{let err21={instancePath:instancePath+"/factual/confidence_threshold",schemaPath:"\
#/properties/factual/properties/confidence_threshold/type",keyword:"type",params:{type:"number"},message:"must be number"};vErrors===null?vErrors=[err21]:vErrors.
push(err21),errors++}}if(data11.requires_evidence!==void 0&&typeof data11.requires_evidence!="boolean"){let err22={instancePath:instancePath+"/factual/requires_\
evidence",schemaPath:"#/properties/factual/properties/requires_evidence/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===null?vErrors=
[err22]:vErrors.push(err22),errors++}if(data11.requires_approval!==void 0&&typeof data11.requires_approval!="boolean"){let err23={instancePath:instancePath+"/fa\
ctual/requires_approval",schemaPath:"#/properties/factual/properties/requires_approval/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===
null?vErrors=[err23]:vErrors.push(err23),errors++}if(data11.versioned!==void 0&&typeof data11.versioned!="boolean"){let err24={instancePath:instancePath+"/factu\
al/versioned",schemaPath:"#/properties/factual/properties/versioned/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===null?vErrors=
[err24]:vErrors.push(err24),errors++}}else{let err25={instancePath:instancePath+"/factual",schemaPath:"#/properties/factual/type",keyword:"type",params:{type:"o\
bject"},message:"must be object"};vErrors===null?vErrors=[err25]:vErrors.push(err25),errors++}}if(data.cross_session!==void 0){let data17=data.cross_session;if(data17&&
typeof data17=="object"&&!Array.isArray(data17)){if(data17.enabled!==void 0&&typeof data17.enabled!="boolean"){let err26={instancePath:instancePath+"/cross_sess\
ion/enabled",schemaPath:"#/properties/cross_session/properties/enabled/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===null?vErrors=
[err26]:vErrors.push(err26),errors++}if(data17.merge_strategy!==void 0){let data19=data17.merge_strategy;if(!(data19==="latest"||data19==="highest_confidence"||
data19==="manual")){let err27={instancePath:instancePath+"/cross_session/merge_strategy",schemaPath:"#/properties/cross_session/properties/merge_strategy/enum",
keyword:"enum",params:{allowedValues:schema32.properties.cross_session.properties.merge_strategy.enum},message:"must be equal to one of the allowed values"};vErrors===
null?vErrors=[err27]:vErrors.push(err27),errors++}}}else{let err28={instancePath:instancePath+"/cross_session",schemaPath:"#/properties/cross_session/type",keyword:"\
type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err28]:vErrors.push(err28),errors++}}}else{let err29={instancePath,schemaPath:"#/\
type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err29]:vErrors.push(err29),errors++}return validate21.errors=vErrors,
errors===0}validate21.evaluated={props:{schema_version:!0,short_term:!0,episodic:!0,factual:!0,cross_session:!0},dynamicProps:!1,dynamicItems:!1};var professionPack=validate22,
schema33={$schema:"https://json-schema.org/draft/2020-12/schema",$id:"https://vasini.ai/schemas/profession-pack/v1",title:"Vasini Profession Pack",type:"object",
required:["schema_version","pack_id","version","risk_level","author","role"],properties:{schema_version:{type:"string",pattern:"^\\d+\\.\\d+$"},pack_id:{type:"s\
tring",pattern:"^[a-z][a-z0-9-]*$",maxLength:128},version:{type:"string",pattern:"^\\d+\\.\\d+\\.\\d+$",maxLength:64},compatibility:{type:"object",properties:{framework_min:{
type:"string"},framework_max:{type:"string"},required_tools:{type:"array",items:{type:"string"}},required_memory:{type:"array",items:{type:"string"}}}},risk_level:{
type:"string",enum:["low","medium","high","critical"]},author:{type:"object",required:["name"],properties:{name:{type:"string"},signature:{type:"string"},provenance:{
type:"string"}}},model:{type:"object",properties:{tier:{enum:["tier-1","tier-2","tier-3"]}}},soul:{$ref:"#/$defs/layer_ref"},role:{$ref:"#/$defs/layer_ref"},tools:{
$ref:"#/$defs/layer_ref"},skills:{type:"array",items:{$ref:"#/$defs/layer_ref"}},guardrails:{$ref:"#/$defs/layer_ref"},memory:{$ref:"#/$defs/layer_ref"},workflow:{
$ref:"#/$defs/layer_ref"},tested_with:{type:"array",items:{type:"object",properties:{framework:{type:"string"},eval_version:{type:"string"},eval_score:{type:"nu\
mber",minimum:0,maximum:1},date:{type:"string",format:"date"}}}}},$defs:{layer_ref:{description:"A layer is one of: a file; another file with an override; the l\
ayer itself, written in place.",type:"object",oneOf:[{required:["file"],properties:{file:{type:"string",minLength:1},extends:!1,override:!1}},{required:["extend\
s"],properties:{extends:{type:"string",minLength:1},override:{type:"object"},file:!1}},{properties:{file:!1,extends:!1,override:!1}}]}}};var pattern4=new RegExp("^\\d+\\.\\d+$","u"),pattern5=new RegExp("^[a-z][a-z0-9-]*$","u"),pattern6=new RegExp("^\\d+\\.\\d+\\.\\d+$","u"),func1=require_ucs2length().
default,formats0=require_formats().fullFormats.date;function validate22(data,{instancePath="",parentData,parentDataProperty,rootData=data,dynamicAnchors={}}={}){
let vErrors=null,errors=0,evaluated0=validate22.evaluated;if(evaluated0.dynamicProps&&(evaluated0.props=void 0),evaluated0.dynamicItems&&(evaluated0.items=void 0),
data&&typeof data=="object"&&!Array.isArray(data)){if(data.schema_version===void 0){let err0={instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty:"\
schema_version"},message:"must have required property 'schema_version'"};vErrors===null?vErrors=[err0]:vErrors.push(err0),errors++}if(data.pack_id===void 0){let err1={
instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty:"pack_id"},message:"must have required property 'pack_id'"};vErrors===null?vErrors=
[err1]:vErrors.push(err1),errors++}if(data.version===void 0){let err2={instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty:"version"},
message:"must have required property 'version'"};vErrors===null?vErrors=[err2]:vErrors.push(err2),errors++}if(data.risk_level===void 0){let err3={instancePath,schemaPath:"\
#/required",keyword:"required",params:{missingProperty:"risk_level"},message:"must have required property 'risk_level'"};vErrors===null?vErrors=[err3]:vErrors.push(
err3),errors++}if(data.author===void 0){let err4={instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty:"author"},message:"must have r\
equired property 'author'"};vErrors===null?vErrors=[err4]:vErrors.push(err4),errors++}if(data.role===void 0){let err5={instancePath,schemaPath:"#/required",keyword:"\
required",params:{missingProperty:"role"},message:"must have required property 'role'"};vErrors===null?vErrors=[err5]:vErrors.push(err5),errors++}if(data.schema_version!==
void 0){let data0=data.schema_version;if(typeof data0=="string"){if(!pattern4.test(data0)){let err6={instancePath:instancePath+"/schema_version",schemaPath:"#/p\
roperties/schema_version/pattern",keyword:"pattern",params:{pattern:"^\\d+\\.\\d+$"},message:'must match pattern "^\\d+\\.\\d+$"'};vErrors===null?vErrors=[err6]:
vErrors.push(err6),errors++}}else{let err7={instancePath:instancePath+"/schema_version",schemaPath:"#/properties/schema_version/type",keyword:"type",params:{type:"\
string"},message:"must be string"};vErrors===null?vErrors=[err7]:vErrors.push(err7),errors++}}if(data.pack_id!==void 0){let data1=data.pack_id;if(typeof data1==
"string"){if(func1(data1)>128){let err8={instancePath:instancePath+"/pack_id",schemaPath:"#/properties/pack_id/maxLength",keyword:"maxLength",params:{limit:128},
message:"must NOT have more than 128 characters"};vErrors===null?vErrors=[err8]:vErrors.push(err8),errors++}if(!pattern5.test(data1)){let err9={instancePath:instancePath+
"/pack_id",schemaPath:"#/properties/pack_id/pattern",keyword:"pattern",params:{pattern:"^[a-z][a-z0-9-]*$"},message:'must match pattern "^[a-z][a-z0-9-]*$"'};vErrors===
null?vErrors=[err9]:vErrors.push(err9),errors++}}else{let err10={instancePath:instancePath+"/pack_id",schemaPath:"#/properties/pack_id/type",keyword:"type",params:{
type:"string"},message:"must be string"};vErrors===null?vErrors=[err10]:vErrors.push(err10),errors++}}if(data.version!==void 0){let data2=data.version;if(typeof data2==
"string"){if(func1(data2)>64){let err11={instancePath:instancePath+"/version",schemaPath:"#/properties/version/maxLength",keyword:"maxLength",params:{limit:64},
message:"must NOT have more than 64 characters"};vErrors===null?vErrors=[err11]:vErrors.push(err11),errors++}if(!pattern6.test(data2)){let err12={instancePath:instancePath+
"/version",schemaPath:"#/properties/version/pattern",keyword:"pattern",params:{pattern:"^\\d+\\.\\d+\\.\\d+$"},message:'must match pattern "^\\d+\\.\\d+\\.\\d+$"'};
vErrors===null?vErrors=[err12]:vErrors.push(err12),errors++}}else{let err13={instancePath:instancePath+"/version",schemaPath:"#/properties/version/type",keyword:"\
type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err13]:vErrors.push(err13),errors++}}if(data.compatibility!==void 0){let data3=data.
compatibility;if(data3&&typeof data3=="object"&&!Array.isArray(data3)){if(data3.framework_min!==void 0&&typeof data3.framework_min!="string"){let err14={instancePath:instancePath+
"/compatibility/framework_min",schemaPath:"#/properties/compatibility/properties/framework_min/type",keyword:"type",params:{type:"string"},message:"must be stri\
ng"};vErrors===null?vErrors=[err14]:vErrors.push(err14),errors++}if(data3.framework_max!==void 0&&typeof data3.framework_max!="string"){let err15={instancePath:instancePath+
"/compatibility/framework_max",schemaPath:"#/properties/compatibility/properties/framework_max/type",keyword:"type",params:{type:"string"},message:"must be stri\
ng"};vErrors===null?vErrors=[err15]:vErrors.push(err15),errors++}if(data3.required_tools!==void 0){let data6=data3.required_tools;if(Array.isArray(data6)){let len0=data6.
length;for(let i0=0;i0<len0;i0++)if(typeof data6[i0]!="string"){let err16={instancePath:instancePath+"/compatibility/required_tools/"+i0,schemaPath:"#/propertie\
s/compatibility/properties/required_tools/items/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err16]:vErrors.push(
err16),errors++}}else{let err17={instancePath:instancePath+"/compatibility/required_tools",schemaPath:"#/properties/compatibility/properties/required_tools/type",
keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err17]:vErrors.push(err17),errors++}}if(data3.required_memory!==void 0){let data8=data3.
required_memory;if(Array.isArray(data8)){let len1=data8.length;for(let i1=0;i1<len1;i1++)if(typeof data8[i1]!="string"){let err18={instancePath:instancePath+"/c\
ompatibility/required_memory/"+i1,schemaPath:"#/properties/compatibility/properties/required_memory/items/type",keyword:"type",params:{type:"string"},message:"m\
ust be string"};vErrors===null?vErrors=[err18]:vErrors.push(err18),errors++}}else{let err19={instancePath:instancePath+"/compatibility/required_memory",schemaPath:"\
#/properties/compatibility/properties/required_memory/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err19]:vErrors.
push(err19),errors++}}}else{let err20={instancePath:instancePath+"/compatibility",schemaPath:"#/properties/compatibility/type",keyword:"type",params:{type:"obje\
ct"},message:"must be object"};vErrors===null?vErrors=[err20]:vErrors.push(err20),errors++}}if(data.risk_level!==void 0){let data10=data.risk_level;if(typeof data10!=
"string"){let err21={instancePath:instancePath+"/risk_level",schemaPath:"#/properties/risk_level/type",keyword:"type",params:{type:"string"},message:"must be st\
ring"};vErrors===null?vErrors=[err21]:vErrors.push(err21),errors++}if(!(data10==="low"||data10==="medium"||data10==="high"||data10==="critical")){let err22={instancePath:instancePath+
"/risk_level",schemaPath:"#/properties/risk_level/enum",keyword:"enum",params:{allowedValues:schema33.properties.risk_level.enum},message:"must be equal to one \
of the allowed values"};vErrors===null?vErrors=[err22]:vErrors.push(err22),errors++}}if(data.author!==void 0){let data11=data.author;if(data11&&typeof data11=="\
object"&&!Array.isArray(data11)){if(data11.name===void 0){let err23={instancePath:instancePath+"/author",schemaPath:"#/properties/author/required",keyword:"requ\
ired",params:{missingProperty:"name"},message:"must have required property 'name'"};vErrors===null?vErrors=[err23]:vErrors.push(err23),errors++}if(data11.name!==
void 0&&typeof data11.name!="string"){let err24={instancePath:instancePath+"/author/name",schemaPath:"#/properties/author/properties/name/type",keyword:"type",params:{
type:"string"},message:"must be string"};vErrors===null?vErrors=[err24]:vErrors.push(err24),errors++}if(data11.signature!==void 0&&typeof data11.signature!="str\
ing"){let err25={instancePath:instancePath+"/author/signature",schemaPath:"#/properties/author/properties/signature/type",keyword:"type",params:{type:"string"},
message:"must be string"};vErrors===null?vErrors=[err25]:vErrors.push(err25),errors++}if(data11.provenance!==void 0&&typeof data11.provenance!="string"){let err26={
instancePath:instancePath+"/author/provenance",schemaPath:"#/properties/author/properties/provenance/type",keyword:"type",params:{type:"string"},message:"must b\
e string"};vErrors===null?vErrors=[err26]:vErrors.push(err26),errors++}}else{let err27={instancePath:instancePath+"/author",schemaPath:"#/properties/author/type",
keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err27]:vErrors.push(err27),errors++}}if(data.model!==void 0){let data15=data.
model;if(data15&&typeof data15=="object"&&!Array.isArray(data15)){if(data15.tier!==void 0){let data16=data15.tier;if(!(data16==="tier-1"||data16==="tier-2"||data16===
"tier-3")){let err28={instancePath:instancePath+"/model/tier",schemaPath:"#/properties/model/properties/tier/enum",keyword:"enum",params:{allowedValues:schema33.
properties.model.properties.tier.enum},message:"must be equal to one of the allowed values"};vErrors===null?vErrors=[err28]:vErrors.push(err28),errors++}}}else{
let err29={instancePath:instancePath+"/model",schemaPath:"#/properties/model/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?
vErrors=[err29]:vErrors.push(err29),errors++}}if(data.soul!==void 0){let data17=data.soul;if(!(data17&&typeof data17=="object"&&!Array.isArray(data17))){let err30={
instancePath:instancePath+"/soul",schemaPath:"#/$defs/layer_ref/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err30]:
vErrors.push(err30),errors++}let _errs37=errors,valid9=!1,passing0=null,_errs38=errors;if(data17&&typeof data17=="object"&&!Array.isArray(data17)){if(data17.file===
void 0){let err31={instancePath:instancePath+"/soul",schemaPath:"#/$defs/layer_ref/oneOf/0/required",keyword:"required",params:{missingProperty:"file"},message:"\
must have required property 'file'"};vErrors===null?vErrors=[err31]:vErrors.push(err31),errors++}if(data17.file!==void 0){let data18=data17.file;if(typeof data18==
"string"){if(func1(data18)<1){let err32={instancePath:instancePath+"/soul/file",schemaPath:"#/$defs/layer_ref/oneOf/0/properties/file/minLength",keyword:"minLen\
gth",params:{limit:1},message:"must NOT have fewer than 1 characters"};vErrors===null?vErrors=[err32]:vErrors.push(err32),errors++}}else{let err33={instancePath:instancePath+
"/soul/file",schemaPath:"#/$defs/layer_ref/oneOf/0/properties/file/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=
[err33]:vErrors.push(err33),errors++}}if(data17.extends!==void 0){let err34={instancePath:instancePath+"/soul/extends",schemaPath:"#/$defs/layer_ref/oneOf/0/pro\
perties/extends/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err34]:vErrors.push(err34),errors++}if(data17.
override!==void 0){let err35={instancePath:instancePath+"/soul/override",schemaPath:"#/$defs/layer_ref/oneOf/0/properties/override/false schema",keyword:"false \
schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err35]:vErrors.push(err35),errors++}}var _valid0=_errs38===errors;if(_valid0){valid9=
!0,passing0=0;var props0={};props0.file=!0,props0.extends=!0,props0.override=!0}let _errs41=errors;if(data17&&typeof data17=="object"&&!Array.isArray(data17)){if(data17.
extends===void 0){let err36={instancePath:instancePath+"/soul",schemaPath:"#/$defs/layer_ref/oneOf/1/required",keyword:"required",params:{missingProperty:"exten\
ds"},message:"must have required property 'extends'"};vErrors===null?vErrors=[err36]:vErrors.push(err36),errors++}if(data17.extends!==void 0){let data21=data17.
extends;if(typeof data21=="string"){if(func1(data21)<1){let err37={instancePath:instancePath+"/soul/extends",schemaPath:"#/$defs/layer_ref/oneOf/1/properties/ex\
tends/minLength",keyword:"minLength",params:{limit:1},message:"must NOT have fewer than 1 characters"};vErrors===null?vErrors=[err37]:vErrors.push(err37),errors++}}else{
let err38={instancePath:instancePath+"/soul/extends",schemaPath:"#/$defs/layer_ref/oneOf/1/properties/extends/type",keyword:"type",params:{type:"string"},message:"\
must be string"};vErrors===null?vErrors=[err38]:vErrors.push(err38),errors++}}if(data17.override!==void 0){let data22=data17.override;if(!(data22&&typeof data22==
"object"&&!Array.isArray(data22))){let err39={instancePath:instancePath+"/soul/override",schemaPath:"#/$defs/layer_ref/oneOf/1/properties/override/type",keyword:"\
type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err39]:vErrors.push(err39),errors++}}if(data17.file!==void 0){let err40={instancePath:instancePath+
"/soul/file",schemaPath:"#/$defs/layer_ref/oneOf/1/properties/file/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===null?
vErrors=[err40]:vErrors.push(err40),errors++}}var _valid0=_errs41===errors;if(_valid0&&valid9)valid9=!1,passing0=[passing0,1];else{_valid0&&(valid9=!0,passing0=
1,props0!==!0&&(props0=props0||{},props0.extends=!0,props0.override=!0,props0.file=!0));let _errs46=errors;if(data17&&typeof data17=="object"&&!Array.isArray(data17)){
if(data17.file!==void 0){let err41={instancePath:instancePath+"/soul/file",schemaPath:"#/$defs/layer_ref/oneOf/2/properties/file/false schema",keyword:"false sc\
hema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err41]:vErrors.push(err41),errors++}if(data17.extends!==void 0){let err42={instancePath:instancePath+
"/soul/extends",schemaPath:"#/$defs/layer_ref/oneOf/2/properties/extends/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===
null?vErrors=[err42]:vErrors.push(err42),errors++}if(data17.override!==void 0){let err43={instancePath:instancePath+"/soul/override",schemaPath:"#/$defs/layer_r\
ef/oneOf/2/properties/override/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err43]:vErrors.push(err43),
errors++}}var _valid0=_errs46===errors;_valid0&&valid9?(valid9=!1,passing0=[passing0,2]):_valid0&&(valid9=!0,passing0=2,props0!==!0&&(props0=props0||{},props0.file=
!0,props0.extends=!0,props0.override=!0))}if(valid9)errors=_errs37,vErrors!==null&&(_errs37?vErrors.length=_errs37:vErrors=null);else{let err44={instancePath:instancePath+
"/soul",schemaPath:"#/$defs/layer_ref/oneOf",keyword:"oneOf",params:{passingSchemas:passing0},message:"must match exactly one schema in oneOf"};vErrors===null?vErrors=
[err44]:vErrors.push(err44),errors++}}if(data.role!==void 0){let data27=data.role;if(!(data27&&typeof data27=="object"&&!Array.isArray(data27))){let err45={instancePath:instancePath+
"/role",schemaPath:"#/$defs/layer_ref/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err45]:vErrors.push(err45),errors++}
let _errs50=errors,valid14=!1,passing1=null,_errs51=errors;if(data27&&typeof data27=="object"&&!Array.isArray(data27)){if(data27.file===void 0){let err46={instancePath:instancePath+
"/role",schemaPath:"#/$defs/layer_ref/oneOf/0/required",keyword:"required",params:{missingProperty:"file"},message:"must have required property 'file'"};vErrors===
null?vErrors=[err46]:vErrors.push(err46),errors++}if(data27.file!==void 0){let data28=data27.file;if(typeof data28=="string"){if(func1(data28)<1){let err47={instancePath:instancePath+
"/role/file",schemaPath:"#/$defs/layer_ref/oneOf/0/properties/file/minLength",keyword:"minLength",params:{limit:1},message:"must NOT have fewer than 1 character\
s"};vErrors===null?vErrors=[err47]:vErrors.push(err47),errors++}}else{let err48={instancePath:instancePath+"/role/file",schemaPath:"#/$defs/layer_ref/oneOf/0/pr\
operties/file/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err48]:vErrors.push(err48),errors++}}if(data27.extends!==
void 0){let err49={instancePath:instancePath+"/role/extends",schemaPath:"#/$defs/layer_ref/oneOf/0/properties/extends/false schema",keyword:"false schema",params:{},
message:"boolean schema is false"};vErrors===null?vErrors=[err49]:vErrors.push(err49),errors++}if(data27.override!==void 0){let err50={instancePath:instancePath+
"/role/override",schemaPath:"#/$defs/layer_ref/oneOf/0/properties/override/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===
null?vErrors=[err50]:vErrors.push(err50),errors++}}var _valid1=_errs51===errors;if(_valid1){valid14=!0,passing1=0;var props1={};props1.file=!0,props1.extends=!0,
props1.override=!0}let _errs54=errors;if(data27&&typeof data27=="object"&&!Array.isArray(data27)){if(data27.extends===void 0){let err51={instancePath:instancePath+
"/role",schemaPath:"#/$defs/layer_ref/oneOf/1/required",keyword:"required",params:{missingProperty:"extends"},message:"must have required property 'extends'"};vErrors===
null?vErrors=[err51]:vErrors.push(err51),errors++}if(data27.extends!==void 0){let data31=data27.extends;if(typeof data31=="string"){if(func1(data31)<1){let err52={
instancePath:instancePath+"/role/extends",schemaPath:"#/$defs/layer_ref/oneOf/1/properties/extends/minLength",keyword:"minLength",params:{limit:1},message:"must\
 NOT have fewer than 1 characters"};vErrors===null?vErrors=[err52]:vErrors.push(err52),errors++}}else{let err53={instancePath:instancePath+"/role/extends",schemaPath:"\
#/$defs/layer_ref/oneOf/1/properties/extends/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err53]:vErrors.push(err53),
errors++}}if(data27.override!==void 0){let data32=data27.override;if(!(data32&&typeof data32=="object"&&!Array.isArray(data32))){let err54={instancePath:instancePath+
"/role/override",schemaPath:"#/$defs/layer_ref/oneOf/1/properties/override/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?
vErrors=[err54]:vErrors.push(err54),errors++}}if(data27.file!==void 0){let err55={instancePath:instancePath+"/role/file",schemaPath:"#/$defs/layer_ref/oneOf/1/p\
roperties/file/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err55]:vErrors.push(err55),errors++}}var _valid1=_errs54===
errors;if(_valid1&&valid14)valid14=!1,passing1=[passing1,1];else{_valid1&&(valid14=!0,passing1=1,props1!==!0&&(props1=props1||{},props1.extends=!0,props1.override=
!0,props1.file=!0));let _errs59=errors;if(data27&&typeof data27=="object"&&!Array.isArray(data27)){if(data27.file!==void 0){let err56={instancePath:instancePath+
"/role/file",schemaPath:"#/$defs/layer_ref/oneOf/2/properties/file/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===null?
vErrors=[err56]:vErrors.push(err56),errors++}if(data27.extends!==void 0){let err57={instancePath:instancePath+"/role/extends",schemaPath:"#/$defs/layer_ref/oneO\
f/2/properties/extends/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err57]:vErrors.push(err57),errors++}
if(data27.override!==void 0){let err58={instancePath:instancePath+"/role/override",schemaPath:"#/$defs/layer_ref/oneOf/2/properties/override/false schema",keyword:"\
false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err58]:vErrors.push(err58),errors++}}var _valid1=_errs59===errors;_valid1&&valid14?
(valid14=!1,passing1=[passing1,2]):_valid1&&(valid14=!0,passing1=2,props1!==!0&&(props1=props1||{},props1.file=!0,props1.extends=!0,props1.override=!0))}if(valid14)
errors=_errs50,vErrors!==null&&(_errs50?vErrors.length=_errs50:vErrors=null);else{let err59={instancePath:instancePath+"/role",schemaPath:"#/$defs/layer_ref/one\
Of",keyword:"oneOf",params:{passingSchemas:passing1},message:"must match exactly one schema in oneOf"};vErrors===null?vErrors=[err59]:vErrors.push(err59),errors++}}
if(data.tools!==void 0){let data37=data.tools;if(!(data37&&typeof data37=="object"&&!Array.isArray(data37))){let err60={instancePath:instancePath+"/tools",schemaPath:"\
#/$defs/layer_ref/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err60]:vErrors.push(err60),errors++}let _errs63=errors,
valid19=!1,passing2=null,_errs64=errors;if(data37&&typeof data37=="object"&&!Array.isArray(data37)){if(data37.file===void 0){let err61={instancePath:instancePath+
"/tools",schemaPath:"#/$defs/layer_ref/oneOf/0/required",keyword:"required",params:{missingProperty:"file"},message:"must have required property 'file'"};vErrors===
null?vErrors=[err61]:vErrors.push(err61),errors++}if(data37.file!==void 0){let data38=data37.file;if(typeof data38=="string"){if(func1(data38)<1){let err62={instancePath:instancePath+
"/tools/file",schemaPath:"#/$defs/layer_ref/oneOf/0/properties/file/minLength",keyword:"minLength",params:{limit:1},message:"must NOT have fewer than 1 characte\
rs"};vErrors===null?vErrors=[err62]:vErrors.push(err62),errors++}}else{let err63={instancePath:instancePath+"/tools/file",schemaPath:"#/$defs/layer_ref/oneOf/0/\
properties/file/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err63]:vErrors.push(err63),errors++}}if(data37.extends!==
void 0){let err64={instancePath:instancePath+"/tools/extends",schemaPath:"#/$defs/layer_ref/oneOf/0/properties/extends/false schema",keyword:"false schema",params:{},
message:"boolean schema is false"};vErrors===null?vErrors=[err64]:vErrors.push(err64),errors++}if(data37.override!==void 0){let err65={instancePath:instancePath+
"/tools/override",schemaPath:"#/$defs/layer_ref/oneOf/0/properties/override/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===
null?vErrors=[err65]:vErrors.push(err65),errors++}}var _valid2=_errs64===errors;if(_valid2){valid19=!0,passing2=0;var props2={};props2.file=!0,props2.extends=!0,
props2.override=!0}let _errs67=errors;if(data37&&typeof data37=="object"&&!Array.isArray(data37)){if(data37.extends===void 0){let err66={instancePath:instancePath+
"/tools",schemaPath:"#/$defs/layer_ref/oneOf/1/required",keyword:"required",params:{missingProperty:"extends"},message:"must have required property 'extends'"};
vErrors===null?vErrors=[err66]:vErrors.push(err66),errors++}if(data37.extends!==void 0){let data41=data37.extends;if(typeof data41=="string"){if(func1(data41)<1){
let err67={instancePath:instancePath+"/tools/extends",schemaPath:"#/$defs/layer_ref/oneOf/1/properties/extends/minLength",keyword:"minLength",params:{limit:1},message:"\
must NOT have fewer than 1 characters"};vErrors===null?vErrors=[err67]:vErrors.push(err67),errors++}}else{let err68={instancePath:instancePath+"/tools/extends",
schemaPath:"#/$defs/layer_ref/oneOf/1/properties/extends/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err68]:vErrors.
push(err68),errors++}}if(data37.override!==void 0){let data42=data37.override;if(!(data42&&typeof data42=="object"&&!Array.isArray(data42))){let err69={instancePath:instancePath+
"/tools/override",schemaPath:"#/$defs/layer_ref/oneOf/1/properties/override/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?
vErrors=[err69]:vErrors.push(err69),errors++}}if(data37.file!==void 0){let err70={instancePath:instancePath+"/tools/file",schemaPath:"#/$defs/layer_ref/oneOf/1/\
properties/file/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err70]:vErrors.push(err70),errors++}}var _valid2=_errs67===
errors;if(_valid2&&valid19)valid19=!1,passing2=[passing2,1];else{_valid2&&(valid19=!0,passing2=1,props2!==!0&&(props2=props2||{},props2.extends=!0,props2.override=
!0,props2.file=!0));let _errs72=errors;if(data37&&typeof data37=="object"&&!Array.isArray(data37)){if(data37.file!==void 0){let err71={instancePath:instancePath+
"/tools/file",schemaPath:"#/$defs/layer_ref/oneOf/2/properties/file/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===
null?vErrors=[err71]:vErrors.push(err71),errors++}if(data37.extends!==void 0){let err72={instancePath:instancePath+"/tools/extends",schemaPath:"#/$defs/layer_re\
f/oneOf/2/properties/extends/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err72]:vErrors.push(err72),
errors++}if(data37.override!==void 0){let err73={instancePath:instancePath+"/tools/override",schemaPath:"#/$defs/layer_ref/oneOf/2/properties/override/false sch\
ema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err73]:vErrors.push(err73),errors++}}var _valid2=_errs72===errors;
_valid2&&valid19?(valid19=!1,passing2=[passing2,2]):_valid2&&(valid19=!0,passing2=2,props2!==!0&&(props2=props2||{},props2.file=!0,props2.extends=!0,props2.override=
!0))}if(valid19)errors=_errs63,vErrors!==null&&(_errs63?vErrors.length=_errs63:vErrors=null);else{let err74={instancePath:instancePath+"/tools",schemaPath:"#/$d\
efs/layer_ref/oneOf",keyword:"oneOf",params:{passingSchemas:passing2},message:"must match exactly one schema in oneOf"};vErrors===null?vErrors=[err74]:vErrors.push(
err74),errors++}}if(data.skills!==void 0){let data47=data.skills;if(Array.isArray(data47)){let len2=data47.length;for(let i2=0;i2<len2;i2++){let data48=data47[i2];
if(!(data48&&typeof data48=="object"&&!Array.isArray(data48))){let err75={instancePath:instancePath+"/skills/"+i2,schemaPath:"#/$defs/layer_ref/type",keyword:"t\
ype",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err75]:vErrors.push(err75),errors++}let _errs78=errors,valid26=!1,passing3=null,_errs79=errors;
if(data48&&typeof data48=="object"&&!Array.isArray(data48)){if(data48.file===void 0){let err76={instancePath:instancePath+"/skills/"+i2,schemaPath:"#/$defs/laye\
r_ref/oneOf/0/required",keyword:"required",params:{missingProperty:"file"},message:"must have required property 'file'"};vErrors===null?vErrors=[err76]:vErrors.
push(err76),errors++}if(data48.file!==void 0){let data49=data48.file;if(typeof data49=="string"){if(func1(data49)<1){let err77={instancePath:instancePath+"/skil\
ls/"+i2+"/file",schemaPath:"#/$defs/layer_ref/oneOf/0/properties/file/minLength",keyword:"minLength",params:{limit:1},message:"must NOT have fewer than 1 charac\
ters"};vErrors===null?vErrors=[err77]:vErrors.push(err77),errors++}}else{let err78={instancePath:instancePath+"/skills/"+i2+"/file",schemaPath:"#/$defs/layer_re\
f/oneOf/0/properties/file/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err78]:vErrors.push(err78),errors++}}if(data48.
extends!==void 0){let err79={instancePath:instancePath+"/skills/"+i2+"/extends",schemaPath:"#/$defs/layer_ref/oneOf/0/properties/extends/false schema",keyword:"\
false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err79]:vErrors.push(err79),errors++}if(data48.override!==void 0){let err80={instancePath:instancePath+
"/skills/"+i2+"/override",schemaPath:"#/$defs/layer_ref/oneOf/0/properties/override/false schema",keyword:"false schema",params:{},message:"boolean schema is fa\
lse"};vErrors===null?vErrors=[err80]:vErrors.push(err80),errors++}}var _valid3=_errs79===errors;if(_valid3){valid26=!0,passing3=0;var props3={};props3.file=!0,props3.
extends=!0,props3.override=!0}let _errs82=errors;if(data48&&typeof data48=="object"&&!Array.isArray(data48)){if(data48.extends===void 0){let err81={instancePath:instancePath+
"/skills/"+i2,schemaPath:"#/$defs/layer_ref/oneOf/1/required",keyword:"required",params:{missingProperty:"extends"},message:"must have required property 'extend\
s'"};vErrors===null?vErrors=[err81]:vErrors.push(err81),errors++}if(data48.extends!==void 0){let data52=data48.extends;if(typeof data52=="string"){if(func1(data52)<
1){let err82={instancePath:instancePath+"/skills/"+i2+"/extends",schemaPath:"#/$defs/layer_ref/oneOf/1/properties/extends/minLength",keyword:"minLength",params:{
limit:1},message:"must NOT have fewer than 1 characters"};vErrors===null?vErrors=[err82]:vErrors.push(err82),errors++}}else{let err83={instancePath:instancePath+
"/skills/"+i2+"/extends",schemaPath:"#/$defs/layer_ref/oneOf/1/properties/extends/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===
null?vErrors=[err83]:vErrors.push(err83),errors++}}if(data48.override!==void 0){let data53=data48.override;if(!(data53&&typeof data53=="object"&&!Array.isArray(
data53))){let err84={instancePath:instancePath+"/skills/"+i2+"/override",schemaPath:"#/$defs/layer_ref/oneOf/1/properties/override/type",keyword:"type",params:{
type:"object"},message:"must be object"};vErrors===null?vErrors=[err84]:vErrors.push(err84),errors++}}if(data48.file!==void 0){let err85={instancePath:instancePath+
"/skills/"+i2+"/file",schemaPath:"#/$defs/layer_ref/oneOf/1/properties/file/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===
null?vErrors=[err85]:vErrors.push(err85),errors++}}var _valid3=_errs82===errors;if(_valid3&&valid26)valid26=!1,passing3=[passing3,1];else{_valid3&&(valid26=!0,passing3=
1,props3!==!0&&(props3=props3||{},props3.extends=!0,props3.override=!0,props3.file=!0));let _errs87=errors;if(data48&&typeof data48=="object"&&!Array.isArray(data48)){
if(data48.file!==void 0){let err86={instancePath:instancePath+"/skills/"+i2+"/file",schemaPath:"#/$defs/layer_ref/oneOf/2/properties/file/false schema",keyword:"\
false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err86]:vErrors.push(err86),errors++}if(data48.extends!==void 0){let err87={instancePath:instancePath+
"/skills/"+i2+"/extends",schemaPath:"#/$defs/layer_ref/oneOf/2/properties/extends/false schema",keyword:"false schema",params:{},message:"boolean schema is fals\
e"};vErrors===null?vErrors=[err87]:vErrors.push(err87),errors++}if(data48.override!==void 0){let err88={instancePath:instancePath+"/skills/"+i2+"/override",schemaPath:"\
#/$defs/layer_ref/oneOf/2/properties/override/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err88]:vErrors.
push(err88),errors++}}var _valid3=_errs87===errors;_valid3&&valid26?(valid26=!1,passing3=[passing3,2]):_valid3&&(valid26=!0,passing3=2,props3!==!0&&(props3=props3||
{},props3.file=!0,props3.extends=!0,props3.override=!0))}if(valid26)errors=_errs78,vErrors!==null&&(_errs78?vErrors.length=_errs78:vErrors=null);else{let err89={
instancePath:instancePath+"/skills/"+i2,schemaPath:"#/$defs/layer_ref/oneOf",keyword:"oneOf",params:{passingSchemas:passing3},message:"must match exactly one sc\
hema in oneOf"};vErrors===null?vErrors=[err89]:vErrors.push(err89),errors++}}}else{let err90={instancePath:instancePath+"/skills",schemaPath:"#/properties/skill\
s/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err90]:vErrors.push(err90),errors++}}if(data.guardrails!==void 0){
let data58=data.guardrails;if(!(data58&&typeof data58=="object"&&!Array.isArray(data58))){let err91={instancePath:instancePath+"/guardrails",schemaPath:"#/$defs\
/layer_ref/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err91]:vErrors.push(err91),errors++}let _errs91=errors,
valid31=!1,passing4=null,_errs92=errors;if(data58&&typeof data58=="object"&&!Array.isArray(data58)){if(data58.file===void 0){let err92={instancePath:instancePath+
"/guardrails",schemaPath:"#/$defs/layer_ref/oneOf/0/required",keyword:"required",params:{missingProperty:"file"},message:"must have required property 'file'"};vErrors===
null?vErrors=[err92]:vErrors.push(err92),errors++}if(data58.file!==void 0){let data59=data58.file;if(typeof data59=="string"){if(func1(data59)<1){let err93={instancePath:instancePath+
"/guardrails/file",schemaPath:"#/$defs/layer_ref/oneOf/0/properties/file/minLength",keyword:"minLength",params:{limit:1},message:"must NOT have fewer than 1 cha\
racters"};vErrors===null?vErrors=[err93]:vErrors.push(err93),errors++}}else{let err94={instancePath:instancePath+"/guardrails/file",schemaPath:"#/$defs/layer_re\
f/oneOf/0/properties/file/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err94]:vErrors.push(err94),errors++}}if(data58.
extends!==void 0){let err95={instancePath:instancePath+"/guardrails/extends",schemaPath:"#/$defs/layer_ref/oneOf/0/properties/extends/false schema",keyword:"fal\
se schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err95]:vErrors.push(err95),errors++}if(data58.override!==void 0){let err96={instancePath:instancePath+
"/guardrails/override",schemaPath:"#/$defs/layer_ref/oneOf/0/properties/override/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};
vErrors===null?vErrors=[err96]:vErrors.push(err96),errors++}}var _valid4=_errs92===errors;if(_valid4){valid31=!0,passing4=0;var props4={};props4.file=!0,props4.
extends=!0,props4.override=!0}let _errs95=errors;if(data58&&typeof data58=="object"&&!Array.isArray(data58)){if(data58.extends===void 0){let err97={instancePath:instancePath+
"/guardrails",schemaPath:"#/$defs/layer_ref/oneOf/1/required",keyword:"required",params:{missingProperty:"extends"},message:"must have required property 'extend\
s'"};vErrors===null?vErrors=[err97]:vErrors.push(err97),errors++}if(data58.extends!==void 0){let data62=data58.extends;if(typeof data62=="string"){if(func1(data62)<
1){let err98={instancePath:instancePath+"/guardrails/extends",schemaPath:"#/$defs/layer_ref/oneOf/1/properties/extends/minLength",keyword:"minLength",params:{limit:1},
message:"must NOT have fewer than 1 characters"};vErrors===null?vErrors=[err98]:vErrors.push(err98),errors++}}else{let err99={instancePath:instancePath+"/guardr\
ails/extends",schemaPath:"#/$defs/layer_ref/oneOf/1/properties/extends/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=
[err99]:vErrors.push(err99),errors++}}if(data58.override!==void 0){let data63=data58.override;if(!(data63&&typeof data63=="object"&&!Array.isArray(data63))){let err100={
instancePath:instancePath+"/guardrails/override",schemaPath:"#/$defs/layer_ref/oneOf/1/properties/override/type",keyword:"type",params:{type:"object"},message:"\
must be object"};vErrors===null?vErrors=[err100]:vErrors.push(err100),errors++}}if(data58.file!==void 0){let err101={instancePath:instancePath+"/guardrails/file",
schemaPath:"#/$defs/layer_ref/oneOf/1/properties/file/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[
err101]:vErrors.push(err101),errors++}}var _valid4=_errs95===errors;if(_valid4&&valid31)valid31=!1,passing4=[passing4,1];else{_valid4&&(valid31=!0,passing4=1,props4!==
!0&&(props4=props4||{},props4.extends=!0,props4.override=!0,props4.file=!0));let _errs100=errors;if(data58&&typeof data58=="object"&&!Array.isArray(data58)){if(data58.
file!==void 0){let err102={instancePath:instancePath+"/guardrails/file",schemaPath:"#/$defs/layer_ref/oneOf/2/properties/file/false schema",keyword:"false schem\
a",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err102]:vErrors.push(err102),errors++}if(data58.extends!==void 0){let err103={instancePath:instancePath+
"/guardrails/extends",schemaPath:"#/$defs/layer_ref/oneOf/2/properties/extends/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};
vErrors===null?vErrors=[err103]:vErrors.push(err103),errors++}if(data58.override!==void 0){let err104={instancePath:instancePath+"/guardrails/override",schemaPath:"\
#/$defs/layer_ref/oneOf/2/properties/override/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err104]:
vErrors.push(err104),errors++}}var _valid4=_errs100===errors;_valid4&&valid31?(valid31=!1,passing4=[passing4,2]):_valid4&&(valid31=!0,passing4=2,props4!==!0&&(props4=
props4||{},props4.file=!0,props4.extends=!0,props4.override=!0))}if(valid31)errors=_errs91,vErrors!==null&&(_errs91?vErrors.length=_errs91:vErrors=null);else{let err105={
instancePath:instancePath+"/guardrails",schemaPath:"#/$defs/layer_ref/oneOf",keyword:"oneOf",params:{passingSchemas:passing4},message:"must match exactly one sc\
hema in oneOf"};vErrors===null?vErrors=[err105]:vErrors.push(err105),errors++}}if(data.memory!==void 0){let data68=data.memory;if(!(data68&&typeof data68=="obje\
ct"&&!Array.isArray(data68))){let err106={instancePath:instancePath+"/memory",schemaPath:"#/$defs/layer_ref/type",keyword:"type",params:{type:"object"},message:"\
must be object"};vErrors===null?vErrors=[err106]:vErrors.push(err106),errors++}let _errs104=errors,valid36=!1,passing5=null,_errs105=errors;if(data68&&typeof data68==
"object"&&!Array.isArray(data68)){if(data68.file===void 0){let err107={instancePath:instancePath+"/memory",schemaPath:"#/$defs/layer_ref/oneOf/0/required",keyword:"\
required",params:{missingProperty:"file"},message:"must have required property 'file'"};vErrors===null?vErrors=[err107]:vErrors.push(err107),errors++}if(data68.
file!==void 0){let data69=data68.file;if(typeof data69=="string"){if(func1(data69)<1){let err108={instancePath:instancePath+"/memory/file",schemaPath:"#/$defs/l\
ayer_ref/oneOf/0/properties/file/minLength",keyword:"minLength",params:{limit:1},message:"must NOT have fewer than 1 characters"};vErrors===null?vErrors=[err108]:
vErrors.push(err108),errors++}}else{let err109={instancePath:instancePath+"/memory/file",schemaPath:"#/$defs/layer_ref/oneOf/0/properties/file/type",keyword:"ty\
pe",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err109]:vErrors.push(err109),errors++}}if(data68.extends!==void 0){let err110={instancePath:instancePath+
"/memory/extends",schemaPath:"#/$defs/layer_ref/oneOf/0/properties/extends/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===
null?vErrors=[err110]:vErrors.push(err110),errors++}if(data68.override!==void 0){let err111={instancePath:instancePath+"/memory/override",schemaPath:"#/$defs/la\
yer_ref/oneOf/0/properties/override/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err111]:vErrors.push(
err111),errors++}}var _valid5=_errs105===errors;if(_valid5){valid36=!0,passing5=0;var props5={};props5.file=!0,props5.extends=!0,props5.override=!0}let _errs108=errors;
if(data68&&typeof data68=="object"&&!Array.isArray(data68)){if(data68.extends===void 0){let err112={instancePath:instancePath+"/memory",schemaPath:"#/$defs/laye\
r_ref/oneOf/1/required",keyword:"required",params:{missingProperty:"extends"},message:"must have required property 'extends'"};vErrors===null?vErrors=[err112]:vErrors.
push(err112),errors++}if(data68.extends!==void 0){let data72=data68.extends;if(typeof data72=="string"){if(func1(data72)<1){let err113={instancePath:instancePath+
"/memory/extends",schemaPath:"#/$defs/layer_ref/oneOf/1/properties/extends/minLength",keyword:"minLength",params:{limit:1},message:"must NOT have fewer than 1 c\
haracters"};vErrors===null?vErrors=[err113]:vErrors.push(err113),errors++}}else{let err114={instancePath:instancePath+"/memory/extends",schemaPath:"#/$defs/laye\
r_ref/oneOf/1/properties/extends/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err114]:vErrors.push(err114),errors++}}
if(data68.override!==void 0){let data73=data68.override;if(!(data73&&typeof data73=="object"&&!Array.isArray(data73))){let err115={instancePath:instancePath+"/m\
emory/override",schemaPath:"#/$defs/layer_ref/oneOf/1/properties/override/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=
[err115]:vErrors.push(err115),errors++}}if(data68.file!==void 0){let err116={instancePath:instancePath+"/memory/file",schemaPath:"#/$defs/layer_ref/oneOf/1/prop\
erties/file/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err116]:vErrors.push(err116),errors++}}var _valid5=_errs108===
errors;if(_valid5&&valid36)valid36=!1,passing5=[passing5,1];else{_valid5&&(valid36=!0,passing5=1,props5!==!0&&(props5=props5||{},props5.extends=!0,props5.override=
!0,props5.file=!0));let _errs113=errors;if(data68&&typeof data68=="object"&&!Array.isArray(data68)){if(data68.file!==void 0){let err117={instancePath:instancePath+
"/memory/file",schemaPath:"#/$defs/layer_ref/oneOf/2/properties/file/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===
null?vErrors=[err117]:vErrors.push(err117),errors++}if(data68.extends!==void 0){let err118={instancePath:instancePath+"/memory/extends",schemaPath:"#/$defs/laye\
r_ref/oneOf/2/properties/extends/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err118]:vErrors.push(
err118),errors++}if(data68.override!==void 0){let err119={instancePath:instancePath+"/memory/override",schemaPath:"#/$defs/layer_ref/oneOf/2/properties/override\
/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err119]:vErrors.push(err119),errors++}}var _valid5=_errs113===
errors;_valid5&&valid36?(valid36=!1,passing5=[passing5,2]):_valid5&&(valid36=!0,passing5=2,props5!==!0&&(props5=props5||{},props5.file=!0,props5.extends=!0,props5.
override=!0))}if(valid36)errors=_errs104,vErrors!==null&&(_errs104?vErrors.length=_errs104:vErrors=null);else{let err120={instancePath:instancePath+"/memory",schemaPath:"\
#/$defs/layer_ref/oneOf",keyword:"oneOf",params:{passingSchemas:passing5},message:"must match exactly one schema in oneOf"};vErrors===null?vErrors=[err120]:vErrors.
push(err120),errors++}}if(data.workflow!==void 0){let data78=data.workflow;if(!(data78&&typeof data78=="object"&&!Array.isArray(data78))){let err121={instancePath:instancePath+
"/workflow",schemaPath:"#/$defs/layer_ref/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err121]:vErrors.push(err121),
errors++}let _errs117=errors,valid41=!1,passing6=null,_errs118=errors;if(data78&&typeof data78=="object"&&!Array.isArray(data78)){if(data78.file===void 0){let err122={
instancePath:instancePath+"/workflow",schemaPath:"#/$defs/layer_ref/oneOf/0/required",keyword:"required",params:{missingProperty:"file"},message:"must have requ\
ired property 'file'"};vErrors===null?vErrors=[err122]:vErrors.push(err122),errors++}if(data78.file!==void 0){let data79=data78.file;if(typeof data79=="string"){
if(func1(data79)<1){let err123={instancePath:instancePath+"/workflow/file",schemaPath:"#/$defs/layer_ref/oneOf/0/properties/file/minLength",keyword:"minLength",
params:{limit:1},message:"must NOT have fewer than 1 characters"};vErrors===null?vErrors=[err123]:vErrors.push(err123),errors++}}else{let err124={instancePath:instancePath+
"/workflow/file",schemaPath:"#/$defs/layer_ref/oneOf/0/properties/file/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=
[err124]:vErrors.push(err124),errors++}}if(data78.extends!==void 0){let err125={instancePath:instancePath+"/workflow/extends",schemaPath:"#/$defs/layer_ref/oneO\
f/0/properties/extends/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err125]:vErrors.push(err125),errors++}
if(data78.override!==void 0){let err126={instancePath:instancePath+"/workflow/override",schemaPath:"#/$defs/layer_ref/oneOf/0/properties/override/false schema",
keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err126]:vErrors.push(err126),errors++}}var _valid6=_errs118===errors;
if(_valid6){valid41=!0,passing6=0;var props6={};props6.file=!0,props6.extends=!0,props6.override=!0}let _errs121=errors;if(data78&&typeof data78=="object"&&!Array.
isArray(data78)){if(data78.extends===void 0){let err127={instancePath:instancePath+"/workflow",schemaPath:"#/$defs/layer_ref/oneOf/1/required",keyword:"required",
params:{missingProperty:"extends"},message:"must have required property 'extends'"};vErrors===null?vErrors=[err127]:vErrors.push(err127),errors++}if(data78.extends!==
void 0){let data82=data78.extends;if(typeof data82=="string"){if(func1(data82)<1){let err128={instancePath:instancePath+"/workflow/extends",schemaPath:"#/$defs/\
layer_ref/oneOf/1/properties/extends/minLength",keyword:"minLength",params:{limit:1},message:"must NOT have fewer than 1 characters"};vErrors===null?vErrors=[err128]:
vErrors.push(err128),errors++}}else{let err129={instancePath:instancePath+"/workflow/extends",schemaPath:"#/$defs/layer_ref/oneOf/1/properties/extends/type",keyword:"\
type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err129]:vErrors.push(err129),errors++}}if(data78.override!==void 0){let data83=data78.
override;if(!(data83&&typeof data83=="object"&&!Array.isArray(data83))){let err130={instancePath:instancePath+"/workflow/override",schemaPath:"#/$defs/layer_ref\
/oneOf/1/properties/override/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err130]:vErrors.push(err130),errors++}}
if(data78.file!==void 0){let err131={instancePath:instancePath+"/workflow/file",schemaPath:"#/$defs/layer_ref/oneOf/1/properties/file/false schema",keyword:"fal\
se schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err131]:vErrors.push(err131),errors++}}var _valid6=_errs121===errors;if(_valid6&&
valid41)valid41=!1,passing6=[passing6,1];else{_valid6&&(valid41=!0,passing6=1,props6!==!0&&(props6=props6||{},props6.extends=!0,props6.override=!0,props6.file=!0));
let _errs126=errors;if(data78&&typeof data78=="object"&&!Array.isArray(data78)){if(data78.file!==void 0){let err132={instancePath:instancePath+"/workflow/file",
schemaPath:"#/$defs/layer_ref/oneOf/2/properties/file/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[
err132]:vErrors.push(err132),errors++}if(data78.extends!==void 0){let err133={instancePath:instancePath+"/workflow/extends",schemaPath:"#/$defs/layer_ref/oneOf/\
2/properties/extends/false schema",keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err133]:vErrors.push(err133),errors++}
if(data78.override!==void 0){let err134={instancePath:instancePath+"/workflow/override",schemaPath:"#/$defs/layer_ref/oneOf/2/properties/override/false schema",
keyword:"false schema",params:{},message:"boolean schema is false"};vErrors===null?vErrors=[err134]:vErrors.push(err134),errors++}}var _valid6=_errs126===errors;
_valid6&&valid41?(valid41=!1,passing6=[passing6,2]):_valid6&&(valid41=!0,passing6=2,props6!==!0&&(props6=props6||{},props6.file=!0,props6.extends=!0,props6.override=
!0))}if(valid41)errors=_errs117,vErrors!==null&&(_errs117?vErrors.length=_errs117:vErrors=null);else{let err135={instancePath:instancePath+"/workflow",schemaPath:"\
#/$defs/layer_ref/oneOf",keyword:"oneOf",params:{passingSchemas:passing6},message:"must match exactly one schema in oneOf"};vErrors===null?vErrors=[err135]:vErrors.
push(err135),errors++}}if(data.tested_with!==void 0){let data88=data.tested_with;if(Array.isArray(data88)){let len3=data88.length;for(let i3=0;i3<len3;i3++){let data89=data88[i3];
if(data89&&typeof data89=="object"&&!Array.isArray(data89)){if(data89.framework!==void 0&&typeof data89.framework!="string"){let err136={instancePath:instancePath+
"/tested_with/"+i3+"/framework",schemaPath:"#/properties/tested_with/items/properties/framework/type",keyword:"type",params:{type:"string"},message:"must be str\
ing"};vErrors===null?vErrors=[err136]:vErrors.push(err136),errors++}if(data89.eval_version!==void 0&&typeof data89.eval_version!="string"){let err137={instancePath:instancePath+
"/tested_with/"+i3+"/eval_version",schemaPath:"#/properties/tested_with/items/properties/eval_version/type",keyword:"type",params:{type:"string"},message:"must \
be string"};vErrors===null?vErrors=[err137]:vErrors.push(err137),errors++}if(data89.eval_score!==void 0){let data92=data89.eval_score;if(typeof data92=="number"&&
isFinite(data92)){if(data92>1||isNaN(data92)){let err138={instancePath:instancePath+"/tested_with/"+i3+"/eval_score",schemaPath:"#/properties/tested_with/items/\
properties/eval_score/maximum",keyword:"maximum",params:{comparison:"<=",limit:1},message:"must be <= 1"};vErrors===null?vErrors=[err138]:vErrors.push(err138),errors++}
if(data92<0||isNaN(data92)){let err139={instancePath:instancePath+"/tested_with/"+i3+"/eval_score",schemaPath:"#/properties/tested_with/items/properties/eval_sc\
ore/minimum",keyword:"minimum",params:{comparison:">=",limit:0},message:"must be >= 0"};vErrors===null?vErrors=[err139]:vErrors.push(err139),errors++}}else{let err140={
instancePath:instancePath+"/tested_with/"+i3+"/eval_score",schemaPath:"#/properties/tested_with/items/properties/eval_score/type",keyword:"type",params:{type:"n\
umber"},message:"must be number"};vErrors===null?vErrors=[err140]:vErrors.push(err140),errors++}}if(data89.date!==void 0){let data93=data89.date;if(typeof data93==
"string"){if(!formats0.validate(data93)){let err141={instancePath:instancePath+"/tested_with/"+i3+"/date",schemaPath:"#/properties/tested_with/items/properties/\
date/format",keyword:"format",params:{format:"date"},message:'must match format "date"'};vErrors===null?vErrors=[err141]:vErrors.push(err141),errors++}}else{let err142={
instancePath:instancePath+"/tested_with/"+i3+"/date",schemaPath:"#/properties/tested_with/items/properties/date/type",keyword:"type",params:{type:"string"},message:"\
must be string"};vErrors===null?vErrors=[err142]:vErrors.push(err142),errors++}}}else{let err143={instancePath:instancePath+"/tested_with/"+i3,schemaPath:"#/pro\
perties/tested_with/items/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err143]:vErrors.push(err143),errors++}}}else{
let err144={instancePath:instancePath+"/tested_with",schemaPath:"#/properties/tested_with/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===
null?vErrors=[err144]:vErrors.push(err144),errors++}}}else{let err145={instancePath,schemaPath:"#/type",keyword:"type",params:{type:"object"},message:"must be o\
bject"};vErrors===null?vErrors=[err145]:vErrors.push(err145),errors++}return validate22.errors=vErrors,errors===0}validate22.evaluated={props:{schema_version:!0,
pack_id:!0,version:!0,compatibility:!0,risk_level:!0,author:!0,model:!0,soul:!0,role:!0,tools:!0,skills:!0,guardrails:!0,memory:!0,workflow:!0,tested_with:!0},dynamicProps:!1,
dynamicItems:!1};var role=validate23,schema41={$schema:"https://json-schema.org/draft/2020-12/schema",$id:"https://vasini.ai/schemas/role/v1",title:"Vasini Role\
 Layer",type:"object",required:["schema_version","title","domain","seniority","goal"],properties:{schema_version:{type:"string"},title:{type:"string"},domain:{type:"\
string"},seniority:{enum:["junior","middle","senior","lead","principal"]},goal:{type:"object",required:["primary"],properties:{primary:{type:"string"},secondary:{
type:"array",items:{type:"string"}}}},backstory:{type:"string"},competency_graph:{type:"object",properties:{skills:{type:"array",items:{type:"object",required:[
"id","name","level"],properties:{id:{type:"string"},name:{type:"string"},level:{enum:["novice","competent","proficient","expert","master"]},evidence:{type:"arra\
y",items:{type:"string"}},tasks:{type:"array",items:{type:"string"}},metrics:{type:"array",items:{type:"object",required:["name","target"],properties:{name:{type:"\
string"},target:{type:"number"}}}}}}}}},domain_knowledge:{type:"object",properties:{primary:{type:"array",items:{type:"string"}},secondary:{type:"array",items:{
type:"string"}}}},limitations:{type:"array",items:{type:"string"}}}};function validate23(data,{instancePath="",parentData,parentDataProperty,rootData=data,dynamicAnchors={}}={}){
let vErrors=null,errors=0,evaluated0=validate23.evaluated;if(evaluated0.dynamicProps&&(evaluated0.props=void 0),evaluated0.dynamicItems&&(evaluated0.items=void 0),
data&&typeof data=="object"&&!Array.isArray(data)){if(data.schema_version===void 0){let err0={instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty:"\
schema_version"},message:"must have required property 'schema_version'"};vErrors===null?vErrors=[err0]:vErrors.push(err0),errors++}if(data.title===void 0){let err1={
instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty:"title"},message:"must have required property 'title'"};vErrors===null?vErrors=[
err1]:vErrors.push(err1),errors++}if(data.domain===void 0){let err2={instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty:"domain"},message:"\
must have required property 'domain'"};vErrors===null?vErrors=[err2]:vErrors.push(err2),errors++}if(data.seniority===void 0){let err3={instancePath,schemaPath:"\
#/required",keyword:"required",params:{missingProperty:"seniority"},message:"must have required property 'seniority'"};vErrors===null?vErrors=[err3]:vErrors.push(
err3),errors++}if(data.goal===void 0){let err4={instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty:"goal"},message:"must have requi\
red property 'goal'"};vErrors===null?vErrors=[err4]:vErrors.push(err4),errors++}if(data.schema_version!==void 0&&typeof data.schema_version!="string"){let err5={
instancePath:instancePath+"/schema_version",schemaPath:"#/properties/schema_version/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===
null?vErrors=[err5]:vErrors.push(err5),errors++}if(data.title!==void 0&&typeof data.title!="string"){let err6={instancePath:instancePath+"/title",schemaPath:"#/\
properties/title/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err6]:vErrors.push(err6),errors++}if(data.domain!==
void 0&&typeof data.domain!="string"){let err7={instancePath:instancePath+"/domain",schemaPath:"#/properties/domain/type",keyword:"type",params:{type:"string"},
message:"must be string"};vErrors===null?vErrors=[err7]:vErrors.push(err7),errors++}if(data.seniority!==void 0){let data3=data.seniority;if(!(data3==="junior"||
data3==="middle"||data3==="senior"||data3==="lead"||data3==="principal")){let err8={instancePath:instancePath+"/seniority",schemaPath:"#/properties/seniority/en\
um",keyword:"enum",params:{allowedValues:schema41.properties.seniority.enum},message:"must be equal to one of the allowed values"};vErrors===null?vErrors=[err8]:
vErrors.push(err8),errors++}}if(data.goal!==void 0){let data4=data.goal;if(data4&&typeof data4=="object"&&!Array.isArray(data4)){if(data4.primary===void 0){let err9={
instancePath:instancePath+"/goal",schemaPath:"#/properties/goal/required",keyword:"required",params:{missingProperty:"primary"},message:"must have required prop\
erty 'primary'"};vErrors===null?vErrors=[err9]:vErrors.push(err9),errors++}if(data4.primary!==void 0&&typeof data4.primary!="string"){let err10={instancePath:instancePath+
"/goal/primary",schemaPath:"#/properties/goal/properties/primary/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err10]:
vErrors.push(err10),errors++}if(data4.secondary!==void 0){let data6=data4.secondary;if(Array.isArray(data6)){let len0=data6.length;for(let i0=0;i0<len0;i0++)if(typeof data6[i0]!=
"string"){let err11={instancePath:instancePath+"/goal/secondary/"+i0,schemaPath:"#/properties/goal/properties/secondary/items/type",keyword:"type",params:{type:"\
string"},message:"must be string"};vErrors===null?vErrors=[err11]:vErrors.push(err11),errors++}}else{let err12={instancePath:instancePath+"/goal/secondary",schemaPath:"\
#/properties/goal/properties/secondary/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err12]:vErrors.push(err12),errors++}}}else{
let err13={instancePath:instancePath+"/goal",schemaPath:"#/properties/goal/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?
vErrors=[err13]:vErrors.push(err13),errors++}}if(data.backstory!==void 0&&typeof data.backstory!="string"){let err14={instancePath:instancePath+"/backstory",schemaPath:"\
#/properties/backstory/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err14]:vErrors.push(err14),errors++}if(data.
competency_graph!==void 0){let data9=data.competency_graph;if(data9&&typeof data9=="object"&&!Array.isArray(data9)){if(data9.skills!==void 0){let data10=data9.skills;
if(Array.isArray(data10)){let len1=data10.length;for(let i1=0;i1<len1;i1++){let data11=data10[i1];if(data11&&typeof data11=="object"&&!Array.isArray(data11)){if(data11.
id===void 0){let err15={instancePath:instancePath+"/competency_graph/skills/"+i1,schemaPath:"#/properties/competency_graph/properties/skills/items/required",keyword:"\
required",params:{missingProperty:"id"},message:"must have required property 'id'"};vErrors===null?vErrors=[err15]:vErrors.push(err15),errors++}if(data11.name===
void 0){let err16={instancePath:instancePath+"/competency_graph/skills/"+i1,schemaPath:"#/properties/competency_graph/properties/skills/items/required",keyword:"\
required",params:{missingProperty:"name"},message:"must have required property 'name'"};vErrors===null?vErrors=[err16]:vErrors.push(err16),errors++}if(data11.level===
void 0){let err17={instancePath:instancePath+"/competency_graph/skills/"+i1,schemaPath:"#/properties/competency_graph/properties/skills/items/required",keyword:"\
required",params:{missingProperty:"level"},message:"must have required property 'level'"};vErrors===null?vErrors=[err17]:vErrors.push(err17),errors++}if(data11.
id!==void 0&&typeof data11.id!="string"){let err18={instancePath:instancePath+"/competency_graph/skills/"+i1+"/id",schemaPath:"#/properties/competency_graph/pro\
perties/skills/items/properties/id/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err18]:vErrors.push(err18),errors++}
if(data11.name!==void 0&&typeof data11.name!="string"){let err19={instancePath:instancePath+"/competency_graph/skills/"+i1+"/name",schemaPath:"#/properties/comp\
etency_graph/properties/skills/items/properties/name/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err19]:vErrors.
push(err19),errors++}if(data11.level!==void 0){let data14=data11.level;if(!(data14==="novice"||data14==="competent"||data14==="proficient"||data14==="expert"||data14===
"master")){let err20={instancePath:instancePath+"/competency_graph/skills/"+i1+"/level",schemaPath:"#/properties/competency_graph/properties/skills/items/proper\
ties/level/enum",keyword:"enum",params:{allowedValues:schema41.properties.competency_graph.properties.skills.items.properties.level.enum},message:"must be equal\
 to one of the allowed values"};vErrors===null?vErrors=[err20]:vErrors.push(err20),errors++}}if(data11.evidence!==void 0){let data15=data11.evidence;if(Array.isArray(
data15)){let len2=data15.length;for(let i2=0;i2<len2;i2++)if(typeof data15[i2]!="string"){let err21={instancePath:instancePath+"/competency_graph/skills/"+i1+"/\
evidence/"+i2,schemaPath:"#/properties/competency_graph/properties/skills/items/properties/evidence/items/type",keyword:"type",params:{type:"string"},message:"m\
ust be string"};vErrors===null?vErrors=[err21]:vErrors.push(err21),errors++}}else{let err22={instancePath:instancePath+"/competency_graph/skills/"+i1+"/evidence",
schemaPath:"#/properties/competency_graph/properties/skills/items/properties/evidence/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===
null?vErrors=[err22]:vErrors.push(err22),errors++}}if(data11.tasks!==void 0){let data17=data11.tasks;if(Array.isArray(data17)){let len3=data17.length;for(let i3=0;i3<
len3;i3++)if(typeof data17[i3]!="string"){let err23={instancePath:instancePath+"/competency_graph/skills/"+i1+"/tasks/"+i3,schemaPath:"#/properties/competency_g\
raph/properties/skills/items/properties/tasks/items/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err23]:vErrors.
push(err23),errors++}}else{let err24={instancePath:instancePath+"/competency_graph/skills/"+i1+"/tasks",schemaPath:"#/properties/competency_graph/properties/ski\
lls/items/properties/tasks/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err24]:vErrors.push(err24),errors++}}if(data11.
metrics!==void 0){let data19=data11.metrics;if(Array.isArray(data19)){let len4=data19.length;for(let i4=0;i4<len4;i4++){let data20=data19[i4];if(data20&&typeof data20==
"object"&&!Array.isArray(data20)){if(data20.name===void 0){let err25={instancePath:instancePath+"/competency_graph/skills/"+i1+"/metrics/"+i4,schemaPath:"#/prop\
erties/competency_graph/properties/skills/items/properties/metrics/items/required",keyword:"required",params:{missingProperty:"name"},message:"must have require\
d property 'name'"};vErrors===null?vErrors=[err25]:vErrors.push(err25),errors++}if(data20.target===void 0){let err26={instancePath:instancePath+"/competency_gra\
ph/skills/"+i1+"/metrics/"+i4,schemaPath:"#/properties/competency_graph/properties/skills/items/properties/metrics/items/required",keyword:"required",params:{missingProperty:"\
target"},message:"must have required property 'target'"};vErrors===null?vErrors=[err26]:vErrors.push(err26),errors++}if(data20.name!==void 0&&typeof data20.name!=
"string"){let err27={instancePath:instancePath+"/competency_graph/skills/"+i1+"/metrics/"+i4+"/name",schemaPath:"#/properties/competency_graph/properties/skills\
/items/properties/metrics/items/properties/name/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err27]:vErrors.push(
err27),errors++}if(data20.target!==void 0){let data22=data20.target;if(!(typeof data22=="number"&&isFinite(data22))){let err28={instancePath:instancePath+"/comp\
etency_graph/skills/"+i1+"/metrics/"+i4+"/target",schemaPath:"#/properties/competency_graph/properties/skills/items/properties/metrics/items/properties/target/t\
ype",keyword:"type",params:{type:"number"},message:"must be number"};vErrors===null?vErrors=[err28]:vErrors.push(err28),errors++}}}else{let err29={instancePath:instancePath+
"/competency_graph/skills/"+i1+"/metrics/"+i4,schemaPath:"#/properties/competency_graph/properties/skills/items/properties/metrics/items/type",keyword:"type",params:{
type:"object"},message:"must be object"};vErrors===null?vErrors=[err29]:vErrors.push(err29),errors++}}}else{let err30={instancePath:instancePath+"/competency_gr\
aph/skills/"+i1+"/metrics",schemaPath:"#/properties/competency_graph/properties/skills/items/properties/metrics/type",keyword:"type",params:{type:"array"},message:"\
must be array"};vErrors===null?vErrors=[err30]:vErrors.push(err30),errors++}}}else{let err31={instancePath:instancePath+"/competency_graph/skills/"+i1,schemaPath:"\
#/properties/competency_graph/properties/skills/items/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err31]:vErrors.
push(err31),errors++}}}else{let err32={instancePath:instancePath+"/competency_graph/skills",schemaPath:"#/properties/competency_graph/properties/skills/type",keyword:"\
type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err32]:vErrors.push(err32),errors++}}}else{let err33={instancePath:instancePath+"/c\
ompetency_graph",schemaPath:"#/properties/competency_graph/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err33]:
vErrors.push(err33),errors++}}if(data.domain_knowledge!==void 0){let data23=data.domain_knowledge;if(data23&&typeof data23=="object"&&!Array.isArray(data23)){if(data23.
primary!==void 0){let data24=data23.primary;if(Array.isArray(data24)){let len5=data24.length;for(let i5=0;i5<len5;i5++)if(typeof data24[i5]!="string"){let err34={
instancePath:instancePath+"/domain_knowledge/primary/"+i5,schemaPath:"#/properties/domain_knowledge/properties/primary/items/type",keyword:"type",params:{type:"\
string"},message:"must be string"};vErrors===null?vErrors=[err34]:vErrors.push(err34),errors++}}else{let err35={instancePath:instancePath+"/domain_knowledge/pri\
mary",schemaPath:"#/properties/domain_knowledge/properties/primary/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err35]:
vErrors.push(err35),errors++}}if(data23.secondary!==void 0){let data26=data23.secondary;if(Array.isArray(data26)){let len6=data26.length;for(let i6=0;i6<len6;i6++)
if(typeof data26[i6]!="string"){let err36={instancePath:instancePath+"/domain_knowledge/secondary/"+i6,schemaPath:"#/properties/domain_knowledge/properties/seco\
ndary/items/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err36]:vErrors.push(err36),errors++}}else{let err37={instancePath:instancePath+
"/domain_knowledge/secondary",schemaPath:"#/properties/domain_knowledge/properties/secondary/type",keyword:"type",params:{type:"array"},message:"must be array"};
vErrors===null?vErrors=[err37]:vErrors.push(err37),errors++}}}else{let err38={instancePath:instancePath+"/domain_knowledge",schemaPath:"#/properties/domain_know\
ledge/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err38]:vErrors.push(err38),errors++}}if(data.limitations!==void 0){
let data28=data.limitations;if(Array.isArray(data28)){let len7=data28.length;for(let i7=0;i7<len7;i7++)if(typeof data28[i7]!="string"){let err39={instancePath:instancePath+
"/limitations/"+i7,schemaPath:"#/properties/limitations/items/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err39]:
vErrors.push(err39),errors++}}else{let err40={instancePath:instancePath+"/limitations",schemaPath:"#/properties/limitations/type",keyword:"type",params:{type:"a\
rray"},message:"must be array"};vErrors===null?vErrors=[err40]:vErrors.push(err40),errors++}}}else{let err41={instancePath,schemaPath:"#/type",keyword:"type",params:{
type:"object"},message:"must be object"};vErrors===null?vErrors=[err41]:vErrors.push(err41),errors++}return validate23.errors=vErrors,errors===0}validate23.evaluated=
{props:{schema_version:!0,title:!0,domain:!0,seniority:!0,goal:!0,backstory:!0,competency_graph:!0,domain_knowledge:!0,limitations:!0},dynamicProps:!1,dynamicItems:!1};
var skillFrontmatter=validate24,schema42={$schema:"https://json-schema.org/draft/2020-12/schema",$id:"https://vasini.ai/schemas/skill-frontmatter/v1",title:"Vas\
ini Skill Frontmatter",type:"object",required:["id","name","trigger"],properties:{id:{type:"string"},name:{type:"string"},description:{type:"string"},trigger:{type:"\
string"},required_tools:{type:"array",items:{type:"string"}},risk_level:{enum:["low","medium","high","critical"]},estimated_duration:{type:"string",description:"\
Free text."},body:{type:"string",description:"Markdown of a skill written in place; in a file it is the text below the front matter."}}};function validate24(data,{
instancePath="",parentData,parentDataProperty,rootData=data,dynamicAnchors={}}={}){let vErrors=null,errors=0,evaluated0=validate24.evaluated;if(evaluated0.dynamicProps&&
(evaluated0.props=void 0),evaluated0.dynamicItems&&(evaluated0.items=void 0),data&&typeof data=="object"&&!Array.isArray(data)){if(data.id===void 0){let err0={instancePath,
schemaPath:"#/required",keyword:"required",params:{missingProperty:"id"},message:"must have required property 'id'"};vErrors===null?vErrors=[err0]:vErrors.push(
err0),errors++}if(data.name===void 0){let err1={instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty:"name"},message:"must have requi\
red property 'name'"};vErrors===null?vErrors=[err1]:vErrors.push(err1),errors++}if(data.trigger===void 0){let err2={instancePath,schemaPath:"#/required",keyword:"\
required",params:{missingProperty:"trigger"},message:"must have required property 'trigger'"};vErrors===null?vErrors=[err2]:vErrors.push(err2),errors++}if(data.
id!==void 0&&typeof data.id!="string"){let err3={instancePath:instancePath+"/id",schemaPath:"#/properties/id/type",keyword:"type",params:{type:"string"},message:"\
must be string"};vErrors===null?vErrors=[err3]:vErrors.push(err3),errors++}if(data.name!==void 0&&typeof data.name!="string"){let err4={instancePath:instancePath+
"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err4]:vErrors.push(err4),errors++}
if(data.description!==void 0&&typeof data.description!="string"){let err5={instancePath:instancePath+"/description",schemaPath:"#/properties/description/type",keyword:"\
type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err5]:vErrors.push(err5),errors++}if(data.trigger!==void 0&&typeof data.trigger!=
"string"){let err6={instancePath:instancePath+"/trigger",schemaPath:"#/properties/trigger/type",keyword:"type",params:{type:"string"},message:"must be string"};
vErrors===null?vErrors=[err6]:vErrors.push(err6),errors++}if(data.required_tools!==void 0){let data4=data.required_tools;if(Array.isArray(data4)){let len0=data4.
length;for(let i0=0;i0<len0;i0++)if(typeof data4[i0]!="string"){let err7={instancePath:instancePath+"/required_tools/"+i0,schemaPath:"#/properties/required_tool\
s/items/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err7]:vErrors.push(err7),errors++}}else{let err8={instancePath:instancePath+
"/required_tools",schemaPath:"#/properties/required_tools/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err8]:vErrors.
push(err8),errors++}}if(data.risk_level!==void 0){let data6=data.risk_level;if(!(data6==="low"||data6==="medium"||data6==="high"||data6==="critical")){let err9={
instancePath:instancePath+"/risk_level",schemaPath:"#/properties/risk_level/enum",keyword:"enum",params:{allowedValues:schema42.properties.risk_level.enum},message:"\
must be equal to one of the allowed values"};vErrors===null?vErrors=[err9]:vErrors.push(err9),errors++}}if(data.estimated_duration!==void 0&&typeof data.estimated_duration!=
"string"){let err10={instancePath:instancePath+"/estimated_duration",schemaPath:"#/properties/estimated_duration/type",keyword:"type",params:{type:"string"},message:"\
must be string"};vErrors===null?vErrors=[err10]:vErrors.push(err10),errors++}if(data.body!==void 0&&typeof data.body!="string"){let err11={instancePath:instancePath+
"/body",schemaPath:"#/properties/body/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err11]:vErrors.push(err11),errors++}}else{
let err12={instancePath,schemaPath:"#/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err12]:vErrors.push(err12),errors++}
return validate24.errors=vErrors,errors===0}validate24.evaluated={props:{id:!0,name:!0,description:!0,trigger:!0,required_tools:!0,risk_level:!0,estimated_duration:!0,
body:!0},dynamicProps:!1,dynamicItems:!1};var soul=validate25,schema43={$schema:"https://json-schema.org/draft/2020-12/schema",$id:"https://vasini.ai/schemas/so\
ul/v1",title:"Vasini Soul Layer",type:"object",required:["schema_version","identity","personality"],properties:{schema_version:{type:"string"},identity:{type:"o\
bject",required:["name","language"],properties:{name:{type:"string"},language:{type:"string"},languages:{type:"array",items:{type:"string"}}}},personality:{type:"\
object",properties:{communication_style:{enum:["formal","professional","casual","academic"]},verbosity:{enum:["concise","balanced","detailed"]},proactivity:{enum:[
"reactive","balanced","proactive"]},confidence_expression:{enum:["cautious","balanced","assertive"]}}},tone:{type:"object",properties:{default:{type:"string"},on_success:{
type:"string"},on_error:{type:"string"},on_uncertainty:{type:"string"}}},principles:{type:"array",items:{type:"string"},minItems:3,maxItems:7},adaptations:{type:"\
object",properties:{beginner_user:{type:"string"},expert_user:{type:"string"},crisis_mode:{type:"string"}}}}};function validate25(data,{instancePath="",parentData,
parentDataProperty,rootData=data,dynamicAnchors={}}={}){let vErrors=null,errors=0,evaluated0=validate25.evaluated;if(evaluated0.dynamicProps&&(evaluated0.props=
void 0),evaluated0.dynamicItems&&(evaluated0.items=void 0),data&&typeof data=="object"&&!Array.isArray(data)){if(data.schema_version===void 0){let err0={instancePath,
schemaPath:"#/required",keyword:"required",params:{missingProperty:"schema_version"},message:"must have required property 'schema_version'"};vErrors===null?vErrors=
[err0]:vErrors.push(err0),errors++}if(data.identity===void 0){let err1={instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty:"identit\
y"},message:"must have required property 'identity'"};vErrors===null?vErrors=[err1]:vErrors.push(err1),errors++}if(data.personality===void 0){let err2={instancePath,
schemaPath:"#/required",keyword:"required",params:{missingProperty:"personality"},message:"must have required property 'personality'"};vErrors===null?vErrors=[err2]:
vErrors.push(err2),errors++}if(data.schema_version!==void 0&&typeof data.schema_version!="string"){let err3={instancePath:instancePath+"/schema_version",schemaPath:"\
#/properties/schema_version/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err3]:vErrors.push(err3),errors++}if(data.
identity!==void 0){let data1=data.identity;if(data1&&typeof data1=="object"&&!Array.isArray(data1)){if(data1.name===void 0){let err4={instancePath:instancePath+
"/identity",schemaPath:"#/properties/identity/required",keyword:"required",params:{missingProperty:"name"},message:"must have required property 'name'"};vErrors===
null?vErrors=[err4]:vErrors.push(err4),errors++}if(data1.language===void 0){let err5={instancePath:instancePath+"/identity",schemaPath:"#/properties/identity/re\
quired",keyword:"required",params:{missingProperty:"language"},message:"must have required property 'language'"};vErrors===null?vErrors=[err5]:vErrors.push(err5),
errors++}if(data1.name!==void 0&&typeof data1.name!="string"){let err6={instancePath:instancePath+"/identity/name",schemaPath:"#/properties/identity/properties/\
name/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err6]:vErrors.push(err6),errors++}if(data1.language!==void 0&&
typeof data1.language!="string"){let err7={instancePath:instancePath+"/identity/language",schemaPath:"#/properties/identity/properties/language/type",keyword:"t\
ype",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err7]:vErrors.push(err7),errors++}if(data1.languages!==void 0){let data4=data1.languages;
if(Array.isArray(data4)){let len0=data4.length;for(let i0=0;i0<len0;i0++)if(typeof data4[i0]!="string"){let err8={instancePath:instancePath+"/identity/languages\
/"+i0,schemaPath:"#/properties/identity/properties/languages/items/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=
[err8]:vErrors.push(err8),errors++}}else{let err9={instancePath:instancePath+"/identity/languages",schemaPath:"#/properties/identity/properties/languages/type",
keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err9]:vErrors.push(err9),errors++}}}else{let err10={instancePath:instancePath+
"/identity",schemaPath:"#/properties/identity/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err10]:vErrors.push(
err10),errors++}}if(data.personality!==void 0){let data6=data.personality;if(data6&&typeof data6=="object"&&!Array.isArray(data6)){if(data6.communication_style!==
void 0){let data7=data6.communication_style;if(!(data7==="formal"||data7==="professional"||data7==="casual"||data7==="academic")){let err11={instancePath:instancePath+
"/personality/communication_style",schemaPath:"#/properties/personality/properties/communication_style/enum",keyword:"enum",params:{allowedValues:schema43.properties.
personality.properties.communication_style.enum},message:"must be equal to one of the allowed values"};vErrors===null?vErrors=[err11]:vErrors.push(err11),errors++}}
if(data6.verbosity!==void 0){let data8=data6.verbosity;if(!(data8==="concise"||data8==="balanced"||data8==="detailed")){let err12={instancePath:instancePath+"/p\
ersonality/verbosity",schemaPath:"#/properties/personality/properties/verbosity/enum",keyword:"enum",params:{allowedValues:schema43.properties.personality.properties.
verbosity.enum},message:"must be equal to one of the allowed values"};vErrors===null?vErrors=[err12]:vErrors.push(err12),errors++}}if(data6.proactivity!==void 0){
let data9=data6.proactivity;if(!(data9==="reactive"||data9==="balanced"||data9==="proactive")){let err13={instancePath:instancePath+"/personality/proactivity",schemaPath:"\
#/properties/personality/properties/proactivity/enum",keyword:"enum",params:{allowedValues:schema43.properties.personality.properties.proactivity.enum},message:"\
must be equal to one of the allowed values"};vErrors===null?vErrors=[err13]:vErrors.push(err13),errors++}}if(data6.confidence_expression!==void 0){let data10=data6.
confidence_expression;if(!(data10==="cautious"||data10==="balanced"||data10==="assertive")){let err14={instancePath:instancePath+"/personality/confidence_expres\
sion",schemaPath:"#/properties/personality/properties/confidence_expression/enum",keyword:"enum",params:{allowedValues:schema43.properties.personality.properties.
confidence_expression.enum},message:"must be equal to one of the allowed values"};vErrors===null?vErrors=[err14]:vErrors.push(err14),errors++}}}else{let err15={
instancePath:instancePath+"/personality",schemaPath:"#/properties/personality/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?
vErrors=[err15]:vErrors.push(err15),errors++}}if(data.tone!==void 0){let data11=data.tone;if(data11&&typeof data11=="object"&&!Array.isArray(data11)){if(data11.
default!==void 0&&typeof data11.default!="string"){let err16={instancePath:instancePath+"/tone/default",schemaPath:"#/properties/tone/properties/default/type",keyword:"\
type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err16]:vErrors.push(err16),errors++}if(data11.on_success!==void 0&&typeof data11.
on_success!="string"){let err17={instancePath:instancePath+"/tone/on_success",schemaPath:"#/properties/tone/properties/on_success/type",keyword:"type",params:{type:"\
string"},message:"must be string"};vErrors===null?vErrors=[err17]:vErrors.push(err17),errors++}if(data11.on_error!==void 0&&typeof data11.on_error!="string"){let err18={
instancePath:instancePath+"/tone/on_error",schemaPath:"#/properties/tone/properties/on_error/type",keyword:"type",params:{type:"string"},message:"must be string"};
vErrors===null?vErrors=[err18]:vErrors.push(err18),errors++}if(data11.on_uncertainty!==void 0&&typeof data11.on_uncertainty!="string"){let err19={instancePath:instancePath+
"/tone/on_uncertainty",schemaPath:"#/properties/tone/properties/on_uncertainty/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?
vErrors=[err19]:vErrors.push(err19),errors++}}else{let err20={instancePath:instancePath+"/tone",schemaPath:"#/properties/tone/type",keyword:"type",params:{type:"\
object"},message:"must be object"};vErrors===null?vErrors=[err20]:vErrors.push(err20),errors++}}if(data.principles!==void 0){let data16=data.principles;if(Array.
isArray(data16)){if(data16.length>7){let err21={instancePath:instancePath+"/principles",schemaPath:"#/properties/principles/maxItems",keyword:"maxItems",params:{
limit:7},message:"must NOT have more than 7 items"};vErrors===null?vErrors=[err21]:vErrors.push(err21),errors++}if(data16.length<3){let err22={instancePath:instancePath+
"/principles",schemaPath:"#/properties/principles/minItems",keyword:"minItems",params:{limit:3},message:"must NOT have fewer than 3 items"};vErrors===null?vErrors=
[err22]:vErrors.push(err22),errors++}let len1=data16.length;for(let i1=0;i1<len1;i1++)if(typeof data16[i1]!="string"){let err23={instancePath:instancePath+"/pri\
nciples/"+i1,schemaPath:"#/properties/principles/items/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err23]:vErrors.
push(err23),errors++}}else{let err24={instancePath:instancePath+"/principles",schemaPath:"#/properties/principles/type",keyword:"type",params:{type:"array"},message:"\
must be array"};vErrors===null?vErrors=[err24]:vErrors.push(err24),errors++}}if(data.adaptations!==void 0){let data18=data.adaptations;if(data18&&typeof data18==
"object"&&!Array.isArray(data18)){if(data18.beginner_user!==void 0&&typeof data18.beginner_user!="string"){let err25={instancePath:instancePath+"/adaptations/be\
ginner_user",schemaPath:"#/properties/adaptations/properties/beginner_user/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?
vErrors=[err25]:vErrors.push(err25),errors++}if(data18.expert_user!==void 0&&typeof data18.expert_user!="string"){let err26={instancePath:instancePath+"/adaptat\
ions/expert_user",schemaPath:"#/properties/adaptations/properties/expert_user/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?
vErrors=[err26]:vErrors.push(err26),errors++}if(data18.crisis_mode!==void 0&&typeof data18.crisis_mode!="string"){let err27={instancePath:instancePath+"/adaptat\
ions/crisis_mode",schemaPath:"#/properties/adaptations/properties/crisis_mode/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?
vErrors=[err27]:vErrors.push(err27),errors++}}else{let err28={instancePath:instancePath+"/adaptations",schemaPath:"#/properties/adaptations/type",keyword:"type",
params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err28]:vErrors.push(err28),errors++}}}else{let err29={instancePath,schemaPath:"#/type",
keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err29]:vErrors.push(err29),errors++}return validate25.errors=vErrors,errors===
0}validate25.evaluated={props:{schema_version:!0,identity:!0,personality:!0,tone:!0,principles:!0,adaptations:!0},dynamicProps:!1,dynamicItems:!1};var tools=validate26,
schema44={$schema:"https://json-schema.org/draft/2020-12/schema",$id:"https://vasini.ai/schemas/tools/v1",title:"Vasini Tools Layer",type:"object",required:["sc\
hema_version","available"],properties:{schema_version:{type:"string"},available:{type:"array",items:{type:"object",required:["id","name"],properties:{id:{type:"\
string"},name:{type:"string"},description:{type:"string"},sandbox:{type:"object",properties:{timeout:{type:"string",description:"Duration such as 30s, 2m or 1h."},
memory_limit:{type:"string",description:"Memory size such as 256Mi or 1Gi."},cpu_limit:{type:"string",description:"Cores, such as 1 or 0.5."},network:{enum:["no\
ne","egress_allowlist","full"]},egress_allowlist:{type:"array",items:{type:"string"},description:"Exact host names; no wildcard, no port, no address."},filesystem:{
enum:["none","read_only","read_write","scoped"]},scoped_paths:{type:"array",items:{type:"string"}}}},risk_level:{enum:["low","medium","high","critical"]},requires_approval:{
type:"boolean"},audit:{type:"boolean"},parameters:{description:"JSON Schema (2020-12) of the arguments the model sends; checked before each call.",type:"object"},
idempotent:{description:"The call may be repeated when its outcome is unknown.",type:"boolean"},read_only:{description:"The call changes nothing, so it may be r\
epeated when its outcome is unknown.",type:"boolean"},labels:{type:"array",items:{enum:["reads_untrusted","reads_private","writes","external"]}},secrets:{description:"\
Names of secrets for the egress gateway.",type:"array",items:{type:"string"}},engine:{description:"Engine for Python.",enum:["pyodide","micropython"]}}}},denied:{
type:"array",items:{type:"string"}},tool_policies:{type:"object",properties:{max_concurrent:{type:"integer",minimum:1},max_calls_per_task:{type:"integer",minimum:0},
cost_limit_per_task:{type:"string",description:"US dollars such as $5 or $0.25."}}},mcp_servers:{type:"array",items:{type:"object",required:["id","url"],properties:{
id:{type:"string",description:"First part of the tools' ids: a tool is offered as <id>__<tool>."},url:{type:"string",description:"Streamable HTTP endpoint, by h\
ttps."},tools:{type:"array",items:{type:"string"},description:"Names of the tools that are offered; no others are."},requires_approval:{description:"Whether a p\
erson is asked before each call: of every tool, or of those named.",type:["boolean","array"],items:{type:"string"}},timeout:{type:"string",description:"Duration\
 of a call, such as 30s or 2m."},secrets:{description:"Names of secrets for the egress gateway.",type:"array",items:{type:"string"}},trust_annotations:{description:"\
The server's word that a tool only reads, or may be repeated, is believed.",type:"boolean"}}}}}};function validate26(data,{instancePath="",parentData,parentDataProperty,
rootData=data,dynamicAnchors={}}={}){let vErrors=null,errors=0,evaluated0=validate26.evaluated;if(evaluated0.dynamicProps&&(evaluated0.props=void 0),evaluated0.
dynamicItems&&(evaluated0.items=void 0),data&&typeof data=="object"&&!Array.isArray(data)){if(data.schema_version===void 0){let err0={instancePath,schemaPath:"#\
/required",keyword:"required",params:{missingProperty:"schema_version"},message:"must have required property 'schema_version'"};vErrors===null?vErrors=[err0]:vErrors.
push(err0),errors++}if(data.available===void 0){let err1={instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty:"available"},message:"\
must have required property 'available'"};vErrors===null?vErrors=[err1]:vErrors.push(err1),errors++}if(data.schema_version!==void 0&&typeof data.schema_version!=
"string"){let err2={instancePath:instancePath+"/schema_version",schemaPath:"#/properties/schema_version/type",keyword:"type",params:{type:"string"},message:"mus\
t be string"};vErrors===null?vErrors=[err2]:vErrors.push(err2),errors++}if(data.available!==void 0){let data1=data.available;if(Array.isArray(data1)){let len0=data1.
length;for(let i0=0;i0<len0;i0++){let data2=data1[i0];if(data2&&typeof data2=="object"&&!Array.isArray(data2)){if(data2.id===void 0){let err3={instancePath:instancePath+
"/available/"+i0,schemaPath:"#/properties/available/items/required",keyword:"required",params:{missingProperty:"id"},message:"must have required property 'id'"};
vErrors===null?vErrors=[err3]:vErrors.push(err3),errors++}if(data2.name===void 0){let err4={instancePath:instancePath+"/available/"+i0,schemaPath:"#/properties/\
available/items/required",keyword:"required",params:{missingProperty:"name"},message:"must have required property 'name'"};vErrors===null?vErrors=[err4]:vErrors.
push(err4),errors++}if(data2.id!==void 0&&typeof data2.id!="string"){let err5={instancePath:instancePath+"/available/"+i0+"/id",schemaPath:"#/properties/availab\
le/items/properties/id/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err5]:vErrors.push(err5),errors++}if(data2.
name!==void 0&&typeof data2.name!="string"){let err6={instancePath:instancePath+"/available/"+i0+"/name",schemaPath:"#/properties/available/items/properties/nam\
e/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err6]:vErrors.push(err6),errors++}if(data2.description!==void 0&&
typeof data2.description!="string"){let err7={instancePath:instancePath+"/available/"+i0+"/description",schemaPath:"#/properties/available/items/properties/desc\
ription/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err7]:vErrors.push(err7),errors++}if(data2.sandbox!==void 0){
let data6=data2.sandbox;if(data6&&typeof data6=="object"&&!Array.isArray(data6)){if(data6.timeout!==void 0&&typeof data6.timeout!="string"){let err8={instancePath:instancePath+
"/available/"+i0+"/sandbox/timeout",schemaPath:"#/properties/available/items/properties/sandbox/properties/timeout/type",keyword:"type",params:{type:"string"},message:"\
must be string"};vErrors===null?vErrors=[err8]:vErrors.push(err8),errors++}if(data6.memory_limit!==void 0&&typeof data6.memory_limit!="string"){let err9={instancePath:instancePath+
"/available/"+i0+"/sandbox/memory_limit",schemaPath:"#/properties/available/items/properties/sandbox/properties/memory_limit/type",keyword:"type",params:{type:"\
string"},message:"must be string"};vErrors===null?vErrors=[err9]:vErrors.push(err9),errors++}if(data6.cpu_limit!==void 0&&typeof data6.cpu_limit!="string"){let err10={
instancePath:instancePath+"/available/"+i0+"/sandbox/cpu_limit",schemaPath:"#/properties/available/items/properties/sandbox/properties/cpu_limit/type",keyword:"\
type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err10]:vErrors.push(err10),errors++}if(data6.network!==void 0){let data10=data6.network;
if(!(data10==="none"||data10==="egress_allowlist"||data10==="full")){let err11={instancePath:instancePath+"/available/"+i0+"/sandbox/network",schemaPath:"#/prop\
erties/available/items/properties/sandbox/properties/network/enum",keyword:"enum",params:{allowedValues:schema44.properties.available.items.properties.sandbox.properties.
network.enum},message:"must be equal to one of the allowed values"};vErrors===null?vErrors=[err11]:vErrors.push(err11),errors++}}if(data6.egress_allowlist!==void 0){
let data11=data6.egress_allowlist;if(Array.isArray(data11)){let len1=data11.length;for(let i1=0;i1<len1;i1++)if(typeof data11[i1]!="string"){let err12={instancePath:instancePath+
"/available/"+i0+"/sandbox/egress_allowlist/"+i1,schemaPath:"#/properties/available/items/properties/sandbox/properties/egress_allowlist/items/type",keyword:"ty\
pe",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err12]:vErrors.push(err12),errors++}}else{let err13={instancePath:instancePath+"/av\
ailable/"+i0+"/sandbox/egress_allowlist",schemaPath:"#/properties/available/items/properties/sandbox/properties/egress_allowlist/type",keyword:"type",params:{type:"\
array"},message:"must be array"};vErrors===null?vErrors=[err13]:vErrors.push(err13),errors++}}if(data6.filesystem!==void 0){let data13=data6.filesystem;if(!(data13===
"none"||data13==="read_only"||data13==="read_write"||data13==="scoped")){let err14={instancePath:instancePath+"/available/"+i0+"/sandbox/filesystem",schemaPath:"\
#/properties/available/items/properties/sandbox/properties/filesystem/enum",keyword:"enum",params:{allowedValues:schema44.properties.available.items.properties.
sandbox.properties.filesystem.enum},message:"must be equal to one of the allowed values"};vErrors===null?vErrors=[err14]:vErrors.push(err14),errors++}}if(data6.
scoped_paths!==void 0){let data14=data6.scoped_paths;if(Array.isArray(data14)){let len2=data14.length;for(let i2=0;i2<len2;i2++)if(typeof data14[i2]!="string"){
let err15={instancePath:instancePath+"/available/"+i0+"/sandbox/scoped_paths/"+i2,schemaPath:"#/properties/available/items/properties/sandbox/properties/scoped_\
paths/items/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err15]:vErrors.push(err15),errors++}}else{let err16={instancePath:instancePath+
"/available/"+i0+"/sandbox/scoped_paths",schemaPath:"#/properties/available/items/properties/sandbox/properties/scoped_paths/type",keyword:"type",params:{type:"\
array"},message:"must be array"};vErrors===null?vErrors=[err16]:vErrors.push(err16),errors++}}}else{let err17={instancePath:instancePath+"/available/"+i0+"/sand\
box",schemaPath:"#/properties/available/items/properties/sandbox/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err17]:
vErrors.push(err17),errors++}}if(data2.risk_level!==void 0){let data16=data2.risk_level;if(!(data16==="low"||data16==="medium"||data16==="high"||data16==="criti\
cal")){let err18={instancePath:instancePath+"/available/"+i0+"/risk_level",schemaPath:"#/properties/available/items/properties/risk_level/enum",keyword:"enum",params:{
allowedValues:schema44.properties.available.items.properties.risk_level.enum},message:"must be equal to one of the allowed values"};vErrors===null?vErrors=[err18]:
vErrors.push(err18),errors++}}if(data2.requires_approval!==void 0&&typeof data2.requires_approval!="boolean"){let err19={instancePath:instancePath+"/available/"+
i0+"/requires_approval",schemaPath:"#/properties/available/items/properties/requires_approval/type",keyword:"type",params:{type:"boolean"},message:"must be bool\
ean"};vErrors===null?vErrors=[err19]:vErrors.push(err19),errors++}if(data2.audit!==void 0&&typeof data2.audit!="boolean"){let err20={instancePath:instancePath+"\
/available/"+i0+"/audit",schemaPath:"#/properties/available/items/properties/audit/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===
null?vErrors=[err20]:vErrors.push(err20),errors++}if(data2.parameters!==void 0){let data19=data2.parameters;if(!(data19&&typeof data19=="object"&&!Array.isArray(
data19))){let err21={instancePath:instancePath+"/available/"+i0+"/parameters",schemaPath:"#/properties/available/items/properties/parameters/type",keyword:"type",
params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err21]:vErrors.push(err21),errors++}}if(data2.idempotent!==void 0&&typeof data2.idempotent!=
"boolean"){let err22={instancePath:instancePath+"/available/"+i0+"/idempotent",schemaPath:"#/properties/available/items/properties/idempotent/type",keyword:"typ\
e",params:{type:"boolean"},message:"must be boolean"};vErrors===null?vErrors=[err22]:vErrors.push(err22),errors++}if(data2.read_only!==void 0&&typeof data2.read_only!=
"boolean"){let err23={instancePath:instancePath+"/available/"+i0+"/read_only",schemaPath:"#/properties/available/items/properties/read_only/type",keyword:"type",
params:{type:"boolean"},message:"must be boolean"};vErrors===null?vErrors=[err23]:vErrors.push(err23),errors++}if(data2.labels!==void 0){let data22=data2.labels;
if(Array.isArray(data22)){let len3=data22.length;for(let i3=0;i3<len3;i3++){let data23=data22[i3];if(!(data23==="reads_untrusted"||data23==="reads_private"||data23===
"writes"||data23==="external")){let err24={instancePath:instancePath+"/available/"+i0+"/labels/"+i3,schemaPath:"#/properties/available/items/properties/labels/i\
tems/enum",keyword:"enum",params:{allowedValues:schema44.properties.available.items.properties.labels.items.enum},message:"must be equal to one of the allowed v\
alues"};vErrors===null?vErrors=[err24]:vErrors.push(err24),errors++}}}else{let err25={instancePath:instancePath+"/available/"+i0+"/labels",schemaPath:"#/propert\
ies/available/items/properties/labels/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err25]:vErrors.push(err25),errors++}}
if(data2.secrets!==void 0){let data24=data2.secrets;if(Array.isArray(data24)){let len4=data24.length;for(let i4=0;i4<len4;i4++)if(typeof data24[i4]!="string"){let err26={
instancePath:instancePath+"/available/"+i0+"/secrets/"+i4,schemaPath:"#/properties/available/items/properties/secrets/items/type",keyword:"type",params:{type:"s\
tring"},message:"must be string"};vErrors===null?vErrors=[err26]:vErrors.push(err26),errors++}}else{let err27={instancePath:instancePath+"/available/"+i0+"/secr\
ets",schemaPath:"#/properties/available/items/properties/secrets/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err27]:
vErrors.push(err27),errors++}}if(data2.engine!==void 0){let data26=data2.engine;if(!(data26==="pyodide"||data26==="micropython")){let err28={instancePath:instancePath+
"/available/"+i0+"/engine",schemaPath:"#/properties/available/items/properties/engine/enum",keyword:"enum",params:{allowedValues:schema44.properties.available.items.
properties.engine.enum},message:"must be equal to one of the allowed values"};vErrors===null?vErrors=[err28]:vErrors.push(err28),errors++}}}else{let err29={instancePath:instancePath+
"/available/"+i0,schemaPath:"#/properties/available/items/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err29]:vErrors.
push(err29),errors++}}}else{let err30={instancePath:instancePath+"/available",schemaPath:"#/properties/available/type",keyword:"type",params:{type:"array"},message:"\
must be array"};vErrors===null?vErrors=[err30]:vErrors.push(err30),errors++}}if(data.denied!==void 0){let data27=data.denied;if(Array.isArray(data27)){let len5=data27.
length;for(let i5=0;i5<len5;i5++)if(typeof data27[i5]!="string"){let err31={instancePath:instancePath+"/denied/"+i5,schemaPath:"#/properties/denied/items/type",
keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err31]:vErrors.push(err31),errors++}}else{let err32={instancePath:instancePath+
"/denied",schemaPath:"#/properties/denied/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err32]:vErrors.push(err32),
errors++}}if(data.tool_policies!==void 0){let data29=data.tool_policies;if(data29&&typeof data29=="object"&&!Array.isArray(data29)){if(data29.max_concurrent!==void 0){
let data30=data29.max_concurrent;if(!(typeof data30=="number"&&!(data30%1)&&!isNaN(data30)&&isFinite(data30))){let err33={instancePath:instancePath+"/tool_polic\
ies/max_concurrent",schemaPath:"#/properties/tool_policies/properties/max_concurrent/type",keyword:"type",params:{type:"integer"},message:"must be integer"};vErrors===
null?vErrors=[err33]:vErrors.push(err33),errors++}if(typeof data30=="number"&&isFinite(data30)&&(data30<1||isNaN(data30))){let err34={instancePath:instancePath+
"/tool_policies/max_concurrent",schemaPath:"#/properties/tool_policies/properties/max_concurrent/minimum",keyword:"minimum",params:{comparison:">=",limit:1},message:"\
must be >= 1"};vErrors===null?vErrors=[err34]:vErrors.push(err34),errors++}}if(data29.max_calls_per_task!==void 0){let data31=data29.max_calls_per_task;if(!(typeof data31==
"number"&&!(data31%1)&&!isNaN(data31)&&isFinite(data31))){let err35={instancePath:instancePath+"/tool_policies/max_calls_per_task",schemaPath:"#/properties/tool\
_policies/properties/max_calls_per_task/type",keyword:"type",params:{type:"integer"},message:"must be integer"};vErrors===null?vErrors=[err35]:vErrors.push(err35),
errors++}if(typeof data31=="number"&&isFinite(data31)&&(data31<0||isNaN(data31))){let err36={instancePath:instancePath+"/tool_policies/max_calls_per_task",schemaPath:"\
#/properties/tool_policies/properties/max_calls_per_task/minimum",keyword:"minimum",params:{comparison:">=",limit:0},message:"must be >= 0"};vErrors===null?vErrors=
[err36]:vErrors.push(err36),errors++}}if(data29.cost_limit_per_task!==void 0&&typeof data29.cost_limit_per_task!="string"){let err37={instancePath:instancePath+
"/tool_policies/cost_limit_per_task",schemaPath:"#/properties/tool_policies/properties/cost_limit_per_task/type",keyword:"type",params:{type:"string"},message:"\
must be string"};vErrors===null?vErrors=[err37]:vErrors.push(err37),errors++}}else{let err38={instancePath:instancePath+"/tool_policies",schemaPath:"#/propertie\
s/tool_policies/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err38]:vErrors.push(err38),errors++}}if(data.mcp_servers!==
void 0){let data33=data.mcp_servers;if(Array.isArray(data33)){let len6=data33.length;for(let i6=0;i6<len6;i6++){let data34=data33[i6];if(data34&&typeof data34==
"object"&&!Array.isArray(data34)){if(data34.id===void 0){let err39={instancePath:instancePath+"/mcp_servers/"+i6,schemaPath:"#/properties/mcp_servers/items/requ\
ired",keyword:"required",params:{missingProperty:"id"},message:"must have required property 'id'"};vErrors===null?vErrors=[err39]:vErrors.push(err39),errors++}if(data34.
url===void 0){let err40={instancePath:instancePath+"/mcp_servers/"+i6,schemaPath:"#/properties/mcp_servers/items/required",keyword:"required",params:{missingProperty:"\
url"},message:"must have required property 'url'"};vErrors===null?vErrors=[err40]:vErrors.push(err40),errors++}if(data34.id!==void 0&&typeof data34.id!="string"){
let err41={instancePath:instancePath+"/mcp_servers/"+i6+"/id",schemaPath:"#/properties/mcp_servers/items/properties/id/type",keyword:"type",params:{type:"string"},
message:"must be string"};vErrors===null?vErrors=[err41]:vErrors.push(err41),errors++}if(data34.url!==void 0&&typeof data34.url!="string"){let err42={instancePath:instancePath+
"/mcp_servers/"+i6+"/url",schemaPath:"#/properties/mcp_servers/items/properties/url/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===
null?vErrors=[err42]:vErrors.push(err42),errors++}if(data34.tools!==void 0){let data37=data34.tools;if(Array.isArray(data37)){let len7=data37.length;for(let i7=0;i7<
len7;i7++)if(typeof data37[i7]!="string"){let err43={instancePath:instancePath+"/mcp_servers/"+i6+"/tools/"+i7,schemaPath:"#/properties/mcp_servers/items/proper\
ties/tools/items/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err43]:vErrors.push(err43),errors++}}else{let err44={
instancePath:instancePath+"/mcp_servers/"+i6+"/tools",schemaPath:"#/properties/mcp_servers/items/properties/tools/type",keyword:"type",params:{type:"array"},message:"\
must be array"};vErrors===null?vErrors=[err44]:vErrors.push(err44),errors++}}if(data34.requires_approval!==void 0){let data39=data34.requires_approval;if(typeof data39!=
"boolean"&&!Array.isArray(data39)){let err45={instancePath:instancePath+"/mcp_servers/"+i6+"/requires_approval",schemaPath:"#/properties/mcp_servers/items/prope\
rties/requires_approval/type",keyword:"type",params:{type:schema44.properties.mcp_servers.items.properties.requires_approval.type},message:"must be boolean,arra\
y"};vErrors===null?vErrors=[err45]:vErrors.push(err45),errors++}if(Array.isArray(data39)){let len8=data39.length;for(let i8=0;i8<len8;i8++)if(typeof data39[i8]!=
"string"){let err46={instancePath:instancePath+"/mcp_servers/"+i6+"/requires_approval/"+i8,schemaPath:"#/properties/mcp_servers/items/properties/requires_approv\
al/items/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err46]:vErrors.push(err46),errors++}}}if(data34.timeout!==
void 0&&typeof data34.timeout!="string"){let err47={instancePath:instancePath+"/mcp_servers/"+i6+"/timeout",schemaPath:"#/properties/mcp_servers/items/propertie\
s/timeout/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err47]:vErrors.push(err47),errors++}if(data34.secrets!==
void 0){let data42=data34.secrets;if(Array.isArray(data42)){let len9=data42.length;for(let i9=0;i9<len9;i9++)if(typeof data42[i9]!="string"){let err48={instancePath:instancePath+
"/mcp_servers/"+i6+"/secrets/"+i9,schemaPath:"#/properties/mcp_servers/items/properties/secrets/items/type",keyword:"type",params:{type:"string"},message:"must \
be string"};vErrors===null?vErrors=[err48]:vErrors.push(err48),errors++}}else{let err49={instancePath:instancePath+"/mcp_servers/"+i6+"/secrets",schemaPath:"#/p\
roperties/mcp_servers/items/properties/secrets/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err49]:vErrors.push(err49),
errors++}}if(data34.trust_annotations!==void 0&&typeof data34.trust_annotations!="boolean"){let err50={instancePath:instancePath+"/mcp_servers/"+i6+"/trust_anno\
tations",schemaPath:"#/properties/mcp_servers/items/properties/trust_annotations/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===
null?vErrors=[err50]:vErrors.push(err50),errors++}}else{let err51={instancePath:instancePath+"/mcp_servers/"+i6,schemaPath:"#/properties/mcp_servers/items/type",
keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err51]:vErrors.push(err51),errors++}}}else{let err52={instancePath:instancePath+
"/mcp_servers",schemaPath:"#/properties/mcp_servers/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err52]:vErrors.push(
err52),errors++}}}else{let err53={instancePath,schemaPath:"#/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err53]:
vErrors.push(err53),errors++}return validate26.errors=vErrors,errors===0}validate26.evaluated={props:{schema_version:!0,available:!0,denied:!0,tool_policies:!0,
mcp_servers:!0},dynamicProps:!1,dynamicItems:!1};var workflow=validate27,schema45={$schema:"https://json-schema.org/draft/2020-12/schema",$id:"https://vasini.ai\
/schemas/workflow/v1",title:"Vasini Workflow Layer",type:"object",required:["schema_version"],properties:{schema_version:{type:"string"},default_process:{enum:[
"sequential","parallel","adaptive"]},sop:{type:"array",items:{type:"object",required:["id","name","trigger","steps"],properties:{id:{type:"string"},name:{type:"\
string"},trigger:{type:"string"},steps:{type:"array",items:{type:"object",required:["id","action"],properties:{id:{type:"string"},action:{type:"string"},tool:{type:[
"string","null"]},on_success:{type:"string"},on_failure:{type:"string"},timeout:{type:"string",description:"Duration such as 5m."},requires_approval:{type:"bool\
ean"}}}},max_duration:{type:"string",description:"Duration such as 30m."},escalation:{type:"string"}}}},handoffs:{type:"array",items:{type:"object",required:["t\
arget_agent","conditions"],properties:{target_agent:{type:"string"},conditions:{type:"array",items:{type:"string"}},context_transfer:{enum:["full","summary","mi\
nimal"]}}}},reporting:{type:"object",properties:{progress_updates:{type:"boolean"},completion_report:{type:"boolean"},format:{enum:["structured","narrative","mi\
nimal"]}}}}};function validate27(data,{instancePath="",parentData,parentDataProperty,rootData=data,dynamicAnchors={}}={}){let vErrors=null,errors=0,evaluated0=validate27.
evaluated;if(evaluated0.dynamicProps&&(evaluated0.props=void 0),evaluated0.dynamicItems&&(evaluated0.items=void 0),data&&typeof data=="object"&&!Array.isArray(data)){
if(data.schema_version===void 0){let err0={instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty:"schema_version"},message:"must have \
required property 'schema_version'"};vErrors===null?vErrors=[err0]:vErrors.push(err0),errors++}if(data.schema_version!==void 0&&typeof data.schema_version!="str\
ing"){let err1={instancePath:instancePath+"/schema_version",schemaPath:"#/properties/schema_version/type",keyword:"type",params:{type:"string"},message:"must be\
 string"};vErrors===null?vErrors=[err1]:vErrors.push(err1),errors++}if(data.default_process!==void 0){let data1=data.default_process;if(!(data1==="sequential"||
data1==="parallel"||data1==="adaptive")){let err2={instancePath:instancePath+"/default_process",schemaPath:"#/properties/default_process/enum",keyword:"enum",params:{
allowedValues:schema45.properties.default_process.enum},message:"must be equal to one of the allowed values"};vErrors===null?vErrors=[err2]:vErrors.push(err2),errors++}}
if(data.sop!==void 0){let data2=data.sop;if(Array.isArray(data2)){let len0=data2.length;for(let i0=0;i0<len0;i0++){let data3=data2[i0];if(data3&&typeof data3=="\
object"&&!Array.isArray(data3)){if(data3.id===void 0){let err3={instancePath:instancePath+"/sop/"+i0,schemaPath:"#/properties/sop/items/required",keyword:"requi\
red",params:{missingProperty:"id"},message:"must have required property 'id'"};vErrors===null?vErrors=[err3]:vErrors.push(err3),errors++}if(data3.name===void 0){
let err4={instancePath:instancePath+"/sop/"+i0,schemaPath:"#/properties/sop/items/required",keyword:"required",params:{missingProperty:"name"},message:"must hav\
e required property 'name'"};vErrors===null?vErrors=[err4]:vErrors.push(err4),errors++}if(data3.trigger===void 0){let err5={instancePath:instancePath+"/sop/"+i0,
schemaPath:"#/properties/sop/items/required",keyword:"required",params:{missingProperty:"trigger"},message:"must have required property 'trigger'"};vErrors===null?
vErrors=[err5]:vErrors.push(err5),errors++}if(data3.steps===void 0){let err6={instancePath:instancePath+"/sop/"+i0,schemaPath:"#/properties/sop/items/required",
keyword:"required",params:{missingProperty:"steps"},message:"must have required property 'steps'"};vErrors===null?vErrors=[err6]:vErrors.push(err6),errors++}if(data3.
id!==void 0&&typeof data3.id!="string"){let err7={instancePath:instancePath+"/sop/"+i0+"/id",schemaPath:"#/properties/sop/items/properties/id/type",keyword:"typ\
e",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err7]:vErrors.push(err7),errors++}if(data3.name!==void 0&&typeof data3.name!="string"){
let err8={instancePath:instancePath+"/sop/"+i0+"/name",schemaPath:"#/properties/sop/items/properties/name/type",keyword:"type",params:{type:"string"},message:"m\
ust be string"};vErrors===null?vErrors=[err8]:vErrors.push(err8),errors++}if(data3.trigger!==void 0&&typeof data3.trigger!="string"){let err9={instancePath:instancePath+
"/sop/"+i0+"/trigger",schemaPath:"#/properties/sop/items/properties/trigger/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?
vErrors=[err9]:vErrors.push(err9),errors++}if(data3.steps!==void 0){let data7=data3.steps;if(Array.isArray(data7)){let len1=data7.length;for(let i1=0;i1<len1;i1++){
let data8=data7[i1];if(data8&&typeof data8=="object"&&!Array.isArray(data8)){if(data8.id===void 0){let err10={instancePath:instancePath+"/sop/"+i0+"/steps/"+i1,
schemaPath:"#/properties/sop/items/properties/steps/items/required",keyword:"required",params:{missingProperty:"id"},message:"must have required property 'id'"};
vErrors===null?vErrors=[err10]:vErrors.push(err10),errors++}if(data8.action===void 0){let err11={instancePath:instancePath+"/sop/"+i0+"/steps/"+i1,schemaPath:"#\
/properties/sop/items/properties/steps/items/required",keyword:"required",params:{missingProperty:"action"},message:"must have required property 'action'"};vErrors===
null?vErrors=[err11]:vErrors.push(err11),errors++}if(data8.id!==void 0&&typeof data8.id!="string"){let err12={instancePath:instancePath+"/sop/"+i0+"/steps/"+i1+
"/id",schemaPath:"#/properties/sop/items/properties/steps/items/properties/id/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?
vErrors=[err12]:vErrors.push(err12),errors++}if(data8.action!==void 0&&typeof data8.action!="string"){let err13={instancePath:instancePath+"/sop/"+i0+"/steps/"+
i1+"/action",schemaPath:"#/properties/sop/items/properties/steps/items/properties/action/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===
null?vErrors=[err13]:vErrors.push(err13),errors++}if(data8.tool!==void 0){let data11=data8.tool;if(typeof data11!="string"&&data11!==null){let err14={instancePath:instancePath+
"/sop/"+i0+"/steps/"+i1+"/tool",schemaPath:"#/properties/sop/items/properties/steps/items/properties/tool/type",keyword:"type",params:{type:schema45.properties.
sop.items.properties.steps.items.properties.tool.type},message:"must be string,null"};vErrors===null?vErrors=[err14]:vErrors.push(err14),errors++}}if(data8.on_success!==
void 0&&typeof data8.on_success!="string"){let err15={instancePath:instancePath+"/sop/"+i0+"/steps/"+i1+"/on_success",schemaPath:"#/properties/sop/items/propert\
ies/steps/items/properties/on_success/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err15]:vErrors.push(err15),errors++}
if(data8.on_failure!==void 0&&typeof data8.on_failure!="string"){let err16={instancePath:instancePath+"/sop/"+i0+"/steps/"+i1+"/on_failure",schemaPath:"#/proper\
ties/sop/items/properties/steps/items/properties/on_failure/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err16]:
vErrors.push(err16),errors++}if(data8.timeout!==void 0&&typeof data8.timeout!="string"){let err17={instancePath:instancePath+"/sop/"+i0+"/steps/"+i1+"/timeout",
schemaPath:"#/properties/sop/items/properties/steps/items/properties/timeout/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?
vErrors=[err17]:vErrors.push(err17),errors++}if(data8.requires_approval!==void 0&&typeof data8.requires_approval!="boolean"){let err18={instancePath:instancePath+
"/sop/"+i0+"/steps/"+i1+"/requires_approval",schemaPath:"#/properties/sop/items/properties/steps/items/properties/requires_approval/type",keyword:"type",params:{
type:"boolean"},message:"must be boolean"};vErrors===null?vErrors=[err18]:vErrors.push(err18),errors++}}else{let err19={instancePath:instancePath+"/sop/"+i0+"/s\
teps/"+i1,schemaPath:"#/properties/sop/items/properties/steps/items/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=
[err19]:vErrors.push(err19),errors++}}}else{let err20={instancePath:instancePath+"/sop/"+i0+"/steps",schemaPath:"#/properties/sop/items/properties/steps/type",keyword:"\
type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=[err20]:vErrors.push(err20),errors++}}if(data3.max_duration!==void 0&&typeof data3.max_duration!=
"string"){let err21={instancePath:instancePath+"/sop/"+i0+"/max_duration",schemaPath:"#/properties/sop/items/properties/max_duration/type",keyword:"type",params:{
type:"string"},message:"must be string"};vErrors===null?vErrors=[err21]:vErrors.push(err21),errors++}if(data3.escalation!==void 0&&typeof data3.escalation!="str\
ing"){let err22={instancePath:instancePath+"/sop/"+i0+"/escalation",schemaPath:"#/properties/sop/items/properties/escalation/type",keyword:"type",params:{type:"\
string"},message:"must be string"};vErrors===null?vErrors=[err22]:vErrors.push(err22),errors++}}else{let err23={instancePath:instancePath+"/sop/"+i0,schemaPath:"\
#/properties/sop/items/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err23]:vErrors.push(err23),errors++}}}else{
let err24={instancePath:instancePath+"/sop",schemaPath:"#/properties/sop/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===null?vErrors=
[err24]:vErrors.push(err24),errors++}}if(data.handoffs!==void 0){let data18=data.handoffs;if(Array.isArray(data18)){let len2=data18.length;for(let i2=0;i2<len2;i2++){
let data19=data18[i2];if(data19&&typeof data19=="object"&&!Array.isArray(data19)){if(data19.target_agent===void 0){let err25={instancePath:instancePath+"/handof\
fs/"+i2,schemaPath:"#/properties/handoffs/items/required",keyword:"required",params:{missingProperty:"target_agent"},message:"must have required property 'targe\
t_agent'"};vErrors===null?vErrors=[err25]:vErrors.push(err25),errors++}if(data19.conditions===void 0){let err26={instancePath:instancePath+"/handoffs/"+i2,schemaPath:"\
#/properties/handoffs/items/required",keyword:"required",params:{missingProperty:"conditions"},message:"must have required property 'conditions'"};vErrors===null?
vErrors=[err26]:vErrors.push(err26),errors++}if(data19.target_agent!==void 0&&typeof data19.target_agent!="string"){let err27={instancePath:instancePath+"/hando\
ffs/"+i2+"/target_agent",schemaPath:"#/properties/handoffs/items/properties/target_agent/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===
null?vErrors=[err27]:vErrors.push(err27),errors++}if(data19.conditions!==void 0){let data21=data19.conditions;if(Array.isArray(data21)){let len3=data21.length;for(let i3=0;i3<
len3;i3++)if(typeof data21[i3]!="string"){let err28={instancePath:instancePath+"/handoffs/"+i2+"/conditions/"+i3,schemaPath:"#/properties/handoffs/items/propert\
ies/conditions/items/type",keyword:"type",params:{type:"string"},message:"must be string"};vErrors===null?vErrors=[err28]:vErrors.push(err28),errors++}}else{let err29={
instancePath:instancePath+"/handoffs/"+i2+"/conditions",schemaPath:"#/properties/handoffs/items/properties/conditions/type",keyword:"type",params:{type:"array"},
message:"must be array"};vErrors===null?vErrors=[err29]:vErrors.push(err29),errors++}}if(data19.context_transfer!==void 0){let data23=data19.context_transfer;if(!(data23===
"full"||data23==="summary"||data23==="minimal")){let err30={instancePath:instancePath+"/handoffs/"+i2+"/context_transfer",schemaPath:"#/properties/handoffs/item\
s/properties/context_transfer/enum",keyword:"enum",params:{allowedValues:schema45.properties.handoffs.items.properties.context_transfer.enum},message:"must be e\
qual to one of the allowed values"};vErrors===null?vErrors=[err30]:vErrors.push(err30),errors++}}}else{let err31={instancePath:instancePath+"/handoffs/"+i2,schemaPath:"\
#/properties/handoffs/items/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===null?vErrors=[err31]:vErrors.push(err31),errors++}}}else{
let err32={instancePath:instancePath+"/handoffs",schemaPath:"#/properties/handoffs/type",keyword:"type",params:{type:"array"},message:"must be array"};vErrors===
null?vErrors=[err32]:vErrors.push(err32),errors++}}if(data.reporting!==void 0){let data24=data.reporting;if(data24&&typeof data24=="object"&&!Array.isArray(data24)){
if(data24.progress_updates!==void 0&&typeof data24.progress_updates!="boolean"){let err33={instancePath:instancePath+"/reporting/progress_updates",schemaPath:"#\
/properties/reporting/properties/progress_updates/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===null?vErrors=[err33]:vErrors.
push(err33),errors++}if(data24.completion_report!==void 0&&typeof data24.completion_report!="boolean"){let err34={instancePath:instancePath+"/reporting/completi\
on_report",schemaPath:"#/properties/reporting/properties/completion_report/type",keyword:"type",params:{type:"boolean"},message:"must be boolean"};vErrors===null?
vErrors=[err34]:vErrors.push(err34),errors++}if(data24.format!==void 0){let data27=data24.format;if(!(data27==="structured"||data27==="narrative"||data27==="min\
imal")){let err35={instancePath:instancePath+"/reporting/format",schemaPath:"#/properties/reporting/properties/format/enum",keyword:"enum",params:{allowedValues:schema45.
properties.reporting.properties.format.enum},message:"must be equal to one of the allowed values"};vErrors===null?vErrors=[err35]:vErrors.push(err35),errors++}}}else{
let err36={instancePath:instancePath+"/reporting",schemaPath:"#/properties/reporting/type",keyword:"type",params:{type:"object"},message:"must be object"};vErrors===
null?vErrors=[err36]:vErrors.push(err36),errors++}}}else{let err37={instancePath,schemaPath:"#/type",keyword:"type",params:{type:"object"},message:"must be obje\
ct"};vErrors===null?vErrors=[err37]:vErrors.push(err37),errors++}return validate27.errors=vErrors,errors===0}validate27.evaluated={props:{schema_version:!0,default_process:!0,
sop:!0,handoffs:!0,reporting:!0},dynamicProps:!1,dynamicItems:!1};var fields={guardrails:{kind:"map",expected:"a mapping",members:{schema_version:{kind:"value",
expected:"a string"},input:{kind:"map",expected:"a mapping",members:{max_length:{kind:"value",expected:"a whole number"},sanitization:{kind:"value",expected:"tr\
ue or false"},jailbreak_detection:{kind:"value",expected:"true or false"},pii_detection:{kind:"map",expected:"a mapping",members:{enabled:{kind:"value",expected:"\
true or false"},action:{kind:"value",expected:"one of warn, redact, block"}}},content_filter:{kind:"map",expected:"a mapping",members:{enabled:{kind:"value",expected:"\
true or false"},categories:{kind:"list",expected:"a list",item:{kind:"value",expected:"a string"}}}},judge:{kind:"value",expected:"one of tier-1, tier-2, tier-3"}}},
output:{kind:"map",expected:"a mapping",members:{max_length:{kind:"value",expected:"a whole number"},pii_check:{kind:"value",expected:"true or false"},hallucination_check:{
kind:"map",expected:"a mapping",members:{enabled:{kind:"value",expected:"true or false"},confidence_threshold:{kind:"value",expected:"a number"}}},format_validation:{
kind:"value",expected:"true or false"},source_citation_required:{kind:"value",expected:"true or false"},judge:{kind:"value",expected:"one of tier-1, tier-2, tie\
r-3"},schema:{kind:"open",expected:"a mapping"}}},behavioral:{kind:"map",expected:"a mapping",members:{prohibited_actions:{kind:"list",expected:"a list",item:{kind:"\
value",expected:"a string"}},required_disclaimers:{kind:"list",expected:"a list",item:{kind:"value",expected:"a string"}},escalation_triggers:{kind:"list",expected:"\
a list",item:{kind:"value",expected:"a string"}},max_autonomous_steps:{kind:"value",expected:"a whole number"},approval_threshold:{kind:"value",expected:"one of\
 low, medium, high, critical"},approval_ttl:{kind:"value",expected:"a string"},four_eyes:{kind:"value",expected:"true or false"}}},compliance:{kind:"map",expected:"\
a mapping",members:{framework:{kind:"list",expected:"a list",item:{kind:"value",expected:"a string"}},audit_all_decisions:{kind:"value",expected:"true or false"},
data_classification:{kind:"value",expected:"one of public, internal, confidential, restricted"}}}}},memory:{kind:"map",expected:"a mapping",members:{schema_version:{
kind:"value",expected:"a string"},short_term:{kind:"map",expected:"a mapping",members:{enabled:{kind:"value",expected:"true or false"},ttl:{kind:"value",expected:"\
a string"},max_entries:{kind:"value",expected:"a whole number"}}},episodic:{kind:"map",expected:"a mapping",members:{enabled:{kind:"value",expected:"true or fal\
se"},confidence_threshold:{kind:"value",expected:"a number"},retrieval_top_k:{kind:"value",expected:"a whole number"},similarity_threshold:{kind:"value",expected:"\
a number"},source_required:{kind:"value",expected:"true or false"}}},factual:{kind:"map",expected:"a mapping",members:{enabled:{kind:"value",expected:"true or f\
alse"},confidence_threshold:{kind:"value",expected:"a number"},requires_evidence:{kind:"value",expected:"true or false"},requires_approval:{kind:"value",expected:"\
true or false"},versioned:{kind:"value",expected:"true or false"}}},cross_session:{kind:"map",expected:"a mapping",members:{enabled:{kind:"value",expected:"true\
 or false"},merge_strategy:{kind:"value",expected:"one of latest, highest_confidence, manual"}}}}},professionPack:{kind:"map",expected:"a mapping",members:{schema_version:{
kind:"value",expected:"a string"},pack_id:{kind:"value",expected:"a string"},version:{kind:"value",expected:"a string"},compatibility:{kind:"map",expected:"a ma\
pping",members:{framework_min:{kind:"value",expected:"a string"},framework_max:{kind:"value",expected:"a string"},required_tools:{kind:"list",expected:"a list",
item:{kind:"value",expected:"a string"}},required_memory:{kind:"list",expected:"a list",item:{kind:"value",expected:"a string"}}}},risk_level:{kind:"value",expected:"\
one of low, medium, high, critical"},author:{kind:"map",expected:"a mapping",members:{name:{kind:"value",expected:"a string"},signature:{kind:"value",expected:"\
a string"},provenance:{kind:"value",expected:"a string"}}},model:{kind:"map",expected:"a mapping",members:{tier:{kind:"value",expected:"one of tier-1, tier-2, t\
ier-3"}}},soul:{kind:"layer",expected:"a layer: file, extends with override, or inline"},role:{kind:"layer",expected:"a layer: file, extends with override, or i\
nline"},tools:{kind:"layer",expected:"a layer: file, extends with override, or inline"},skills:{kind:"list",expected:"a list",item:{kind:"layer",expected:"a lay\
er: file, extends with override, or inline"}},guardrails:{kind:"layer",expected:"a layer: file, extends with override, or inline"},memory:{kind:"layer",expected:"\
a layer: file, extends with override, or inline"},workflow:{kind:"layer",expected:"a layer: file, extends with override, or inline"},tested_with:{kind:"list",expected:"\
a list",item:{kind:"map",expected:"a mapping",members:{framework:{kind:"value",expected:"a string"},eval_version:{kind:"value",expected:"a string"},eval_score:{
kind:"value",expected:"a number"},date:{kind:"value",expected:"a string"}}}}}},role:{kind:"map",expected:"a mapping",members:{schema_version:{kind:"value",expected:"\
a string"},title:{kind:"value",expected:"a string"},domain:{kind:"value",expected:"a string"},seniority:{kind:"value",expected:"one of junior, middle, senior, l\
ead, principal"},goal:{kind:"map",expected:"a mapping",members:{primary:{kind:"value",expected:"a string"},secondary:{kind:"list",expected:"a list",item:{kind:"\
value",expected:"a string"}}}},backstory:{kind:"value",expected:"a string"},competency_graph:{kind:"map",expected:"a mapping",members:{skills:{kind:"list",expected:"\
a list",item:{kind:"map",expected:"a mapping",members:{id:{kind:"value",expected:"a string"},name:{kind:"value",expected:"a string"},level:{kind:"value",expected:"\
one of novice, competent, proficient, expert, master"},evidence:{kind:"list",expected:"a list",item:{kind:"value",expected:"a string"}},tasks:{kind:"list",expected:"\
a list",item:{kind:"value",expected:"a string"}},metrics:{kind:"list",expected:"a list",item:{kind:"map",expected:"a mapping",members:{name:{kind:"value",expected:"\
a string"},target:{kind:"value",expected:"a number"}}}}}}}}},domain_knowledge:{kind:"map",expected:"a mapping",members:{primary:{kind:"list",expected:"a list",item:{
kind:"value",expected:"a string"}},secondary:{kind:"list",expected:"a list",item:{kind:"value",expected:"a string"}}}},limitations:{kind:"list",expected:"a list",
item:{kind:"value",expected:"a string"}}}},skillFrontmatter:{kind:"map",expected:"a mapping",members:{id:{kind:"value",expected:"a string"},name:{kind:"value",expected:"\
a string"},description:{kind:"value",expected:"a string"},trigger:{kind:"value",expected:"a string"},required_tools:{kind:"list",expected:"a list",item:{kind:"v\
alue",expected:"a string"}},risk_level:{kind:"value",expected:"one of low, medium, high, critical"},estimated_duration:{kind:"value",expected:"a string"},body:{
kind:"value",expected:"a string"}}},soul:{kind:"map",expected:"a mapping",members:{schema_version:{kind:"value",expected:"a string"},identity:{kind:"map",expected:"\
a mapping",members:{name:{kind:"value",expected:"a string"},language:{kind:"value",expected:"a string"},languages:{kind:"list",expected:"a list",item:{kind:"val\
ue",expected:"a string"}}}},personality:{kind:"map",expected:"a mapping",members:{communication_style:{kind:"value",expected:"one of formal, professional, casua\
l, academic"},verbosity:{kind:"value",expected:"one of concise, balanced, detailed"},proactivity:{kind:"value",expected:"one of reactive, balanced, proactive"},
confidence_expression:{kind:"value",expected:"one of cautious, balanced, assertive"}}},tone:{kind:"map",expected:"a mapping",members:{default:{kind:"value",expected:"\
a string"},on_success:{kind:"value",expected:"a string"},on_error:{kind:"value",expected:"a string"},on_uncertainty:{kind:"value",expected:"a string"}}},principles:{
kind:"list",expected:"a list",item:{kind:"value",expected:"a string"}},adaptations:{kind:"map",expected:"a mapping",members:{beginner_user:{kind:"value",expected:"\
a string"},expert_user:{kind:"value",expected:"a string"},crisis_mode:{kind:"value",expected:"a string"}}}}},tools:{kind:"map",expected:"a mapping",members:{schema_version:{
kind:"value",expected:"a string"},available:{kind:"list",expected:"a list",item:{kind:"map",expected:"a mapping",members:{id:{kind:"value",expected:"a string"},
name:{kind:"value",expected:"a string"},description:{kind:"value",expected:"a string"},sandbox:{kind:"map",expected:"a mapping",members:{timeout:{kind:"value",expected:"\
a string"},memory_limit:{kind:"value",expected:"a string"},cpu_limit:{kind:"value",expected:"a string"},network:{kind:"value",expected:"one of none, egress_allo\
wlist, full"},egress_allowlist:{kind:"list",expected:"a list",item:{kind:"value",expected:"a string"}},filesystem:{kind:"value",expected:"one of none, read_only\
, read_write, scoped"},scoped_paths:{kind:"list",expected:"a list",item:{kind:"value",expected:"a string"}}}},risk_level:{kind:"value",expected:"one of low, med\
ium, high, critical"},requires_approval:{kind:"value",expected:"true or false"},audit:{kind:"value",expected:"true or false"},parameters:{kind:"open",expected:"\
a mapping"},idempotent:{kind:"value",expected:"true or false"},read_only:{kind:"value",expected:"true or false"},labels:{kind:"list",expected:"a list",item:{kind:"\
value",expected:"one of reads_untrusted, reads_private, writes, external"}},secrets:{kind:"list",expected:"a list",item:{kind:"value",expected:"a string"}},engine:{
kind:"value",expected:"one of pyodide, micropython"}}}},denied:{kind:"list",expected:"a list",item:{kind:"value",expected:"a string"}},tool_policies:{kind:"map",
expected:"a mapping",members:{max_concurrent:{kind:"value",expected:"a whole number"},max_calls_per_task:{kind:"value",expected:"a whole number"},cost_limit_per_task:{
kind:"value",expected:"a string"}}},mcp_servers:{kind:"list",expected:"a list",item:{kind:"map",expected:"a mapping",members:{id:{kind:"value",expected:"a strin\
g"},url:{kind:"value",expected:"a string"},tools:{kind:"list",expected:"a list",item:{kind:"value",expected:"a string"}},requires_approval:{kind:"list",expected:"\
true or false or a list",item:{kind:"value",expected:"a string"}},timeout:{kind:"value",expected:"a string"},secrets:{kind:"list",expected:"a list",item:{kind:"\
value",expected:"a string"}},trust_annotations:{kind:"value",expected:"true or false"}}}}}},workflow:{kind:"map",expected:"a mapping",members:{schema_version:{kind:"\
value",expected:"a string"},default_process:{kind:"value",expected:"one of sequential, parallel, adaptive"},sop:{kind:"list",expected:"a list",item:{kind:"map",
expected:"a mapping",members:{id:{kind:"value",expected:"a string"},name:{kind:"value",expected:"a string"},trigger:{kind:"value",expected:"a string"},steps:{kind:"\
list",expected:"a list",item:{kind:"map",expected:"a mapping",members:{id:{kind:"value",expected:"a string"},action:{kind:"value",expected:"a string"},tool:{kind:"\
value",expected:"a string or null"},on_success:{kind:"value",expected:"a string"},on_failure:{kind:"value",expected:"a string"},timeout:{kind:"value",expected:"\
a string"},requires_approval:{kind:"value",expected:"true or false"}}}},max_duration:{kind:"value",expected:"a string"},escalation:{kind:"value",expected:"a str\
ing"}}}},handoffs:{kind:"list",expected:"a list",item:{kind:"map",expected:"a mapping",members:{target_agent:{kind:"value",expected:"a string"},conditions:{kind:"\
list",expected:"a list",item:{kind:"value",expected:"a string"}},context_transfer:{kind:"value",expected:"one of full, summary, minimal"}}}},reporting:{kind:"ma\
p",expected:"a mapping",members:{progress_updates:{kind:"value",expected:"true or false"},completion_report:{kind:"value",expected:"true or false"},format:{kind:"\
value",expected:"one of structured, narrative, minimal"}}}}}};export{fields,guardrails,jsonSchema,memory,professionPack,role,skillFrontmatter,soul,tools,workflow};
