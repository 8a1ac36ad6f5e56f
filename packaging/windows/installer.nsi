; The installer for Windows: for one person, without an administrator.
;
; packaging/installer.py calls makensis with these names:
;   TITLE, VERSION, NUMBERS (four of it), PUBLISHER, COPYRIGHT, HOMEPAGE, WINDOWED (program),
;   UNINSTALLER (file), UNINSTALL_KEY, KILOBYTES, ICON, SIDE, OUTPUT, TARGET,
;   LIST (an .nsh with the macros AddFiles and RemoveFiles), and where it signs, SIGN (command).
; What is installed is removed by name, file by file: an uninstaller that empties a whole folder
; takes along what people put there.

Target ${TARGET}
Unicode true
SetCompressor /SOLID lzma
ManifestDPIAware true
ManifestSupportedOS Win10
RequestExecutionLevel user

!include MUI2.nsh
!include LogicLib.nsh
!include WinVer.nsh
!include x64.nsh

Name "${TITLE}"
Caption "${TITLE}"
UninstallCaption "${TITLE}"
OutFile "${OUTPUT}"
InstallDir "$LOCALAPPDATA\Programs\${TITLE}"
InstallDirRegKey HKCU "${UNINSTALL_KEY}" "InstallLocation"
BrandingText "${TITLE} ${VERSION}"
ShowInstDetails nevershow
ShowUninstDetails nevershow

VIProductVersion "${NUMBERS}"
VIAddVersionKey /LANG=0 "ProductName" "${TITLE}"
VIAddVersionKey /LANG=0 "CompanyName" "${PUBLISHER}"
VIAddVersionKey /LANG=0 "FileDescription" "${TITLE}"
VIAddVersionKey /LANG=0 "FileVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "ProductVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "LegalCopyright" "${COPYRIGHT}"

!ifdef SIGN
  !finalize '${SIGN} "%1"' = 0
  !uninstfinalize '${SIGN} "%1"' = 0
!endif

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!define MUI_WELCOMEFINISHPAGE_BITMAP "${SIDE}"
!define MUI_WELCOMEFINISHPAGE_BITMAP_STRETCH AspectFitHeight
!define MUI_FINISHPAGE_TITLE "$(Installed)"
!define MUI_FINISHPAGE_RUN "$INSTDIR\${WINDOWED}.exe"
!define MUI_FINISHPAGE_NOREBOOTSUPPORT

; Double-click, done: nothing to choose, so nothing is asked.
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES

!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "German"
!insertmacro MUI_LANGUAGE "French"
!insertmacro MUI_LANGUAGE "Italian"
!insertmacro MUI_LANGUAGE "Spanish"

LangString Installed ${LANG_ENGLISH} "${TITLE} is installed"
LangString Installed ${LANG_GERMAN} "${TITLE} ist installiert"
LangString Installed ${LANG_FRENCH} "${TITLE} est installé"
LangString Installed ${LANG_ITALIAN} "${TITLE} è installato"
LangString Installed ${LANG_SPANISH} "${TITLE} está instalado"

LangString InUse ${LANG_ENGLISH} "${TITLE} is open. Close its window, then choose Retry."
LangString InUse ${LANG_GERMAN} "${TITLE} ist geöffnet. Schließen Sie das Fenster und wählen Sie dann „Wiederholen“."
LangString InUse ${LANG_FRENCH} "${TITLE} est ouvert. Fermez sa fenêtre, puis choisissez « Réessayer »."
LangString InUse ${LANG_ITALIAN} "${TITLE} è aperto. Chiudi la sua finestra, poi scegli «Riprova»."
LangString InUse ${LANG_SPANISH} "${TITLE} está abierto. Cierre su ventana y elija «Reintentar»."

LangString TooOld ${LANG_ENGLISH} "${TITLE} needs Windows 10 or 11 in 64 bits."
LangString TooOld ${LANG_GERMAN} "${TITLE} braucht Windows 10 oder 11 mit 64 Bit."
LangString TooOld ${LANG_FRENCH} "${TITLE} a besoin de Windows 10 ou 11 en 64 bits."
LangString TooOld ${LANG_ITALIAN} "${TITLE} richiede Windows 10 o 11 a 64 bit."
LangString TooOld ${LANG_SPANISH} "${TITLE} necesita Windows 10 u 11 de 64 bits."

!include "${LIST}"

; A program that runs can't be replaced. Asks until it is closed; silent: ends with code 4.
!macro WaitUntilClosed
  ${Do}
    ${IfNot} ${FileExists} "$INSTDIR\${WINDOWED}.exe"
      ${ExitDo}
    ${EndIf}
    ClearErrors
    FileOpen $0 "$INSTDIR\${WINDOWED}.exe" a
    ${IfNot} ${Errors}
      FileClose $0
      ${ExitDo}
    ${EndIf}
    ${If} ${Silent}
    ${OrIf} ${Cmd} `MessageBox MB_RETRYCANCEL|MB_ICONINFORMATION "$(InUse)" IDCANCEL`
      SetErrorLevel 4
      Quit
    ${EndIf}
  ${Loop}
!macroend

Function .onInit
  ${IfNot} ${RunningX64}
  ${OrIfNot} ${AtLeastWin10}
    MessageBox MB_OK|MB_ICONINFORMATION "$(TooOld)" /SD IDOK
    SetErrorLevel 3
    Quit
  ${EndIf}
  SetRegView 64
FunctionEnd

Function un.onInit
  SetRegView 64
FunctionEnd

Section
  SetShellVarContext current
  !insertmacro WaitUntilClosed
  ; Files of another version would stay for ever.
  ${If} ${FileExists} "$INSTDIR\${UNINSTALLER}"
    ExecWait '"$INSTDIR\${UNINSTALLER}" /S _?=$INSTDIR'
  ${EndIf}
  !insertmacro AddFiles
  SetOutPath "$INSTDIR"
  WriteUninstaller "$INSTDIR\${UNINSTALLER}"
  CreateShortcut "$SMPROGRAMS\${TITLE}.lnk" "$INSTDIR\${WINDOWED}.exe"

  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayName" "${TITLE}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\${WINDOWED}.exe"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "Publisher" "${PUBLISHER}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "URLInfoAbout" "${HOMEPAGE}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\${UNINSTALLER}"'
  WriteRegStr HKCU "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\${UNINSTALLER}" /S'
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "EstimatedSize" ${KILOBYTES}
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoRepair" 1
SectionEnd

Section "Uninstall"
  SetShellVarContext current
  !insertmacro WaitUntilClosed
  Delete "$SMPROGRAMS\${TITLE}.lnk"
  !insertmacro RemoveFiles
  ; The way to remove the program goes last: a removal that was cut short can be started again.
  DeleteRegKey HKCU "${UNINSTALL_KEY}"
  Delete "$INSTDIR\${UNINSTALLER}"
  RMDir "$INSTDIR"
SectionEnd
